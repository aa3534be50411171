import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from './Button.js'
import { tellFailure } from './tell.js'

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false)
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      (error: unknown) => tellFailure('It was not copied', error),
    )
  return (
    <Button icon={copied ? Check : Copy} onPress={copy}>
      {copied ? 'Copied' : label}
    </Button>
  )
}
