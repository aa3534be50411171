import { FileUp } from 'lucide-react'
import { FileTrigger } from 'react-aria-components'
import { Button } from '../../../ui/Button.js'
import { TextArea } from '../../../ui/fields.js'
import { keysIn } from './keys.js'

export function KeysField({ value, onChange }: { value: string; onChange(value: string): void }) {
  const read = keysIn(value)
  const wrong = 'wrong' in read ? read.wrong : ''
  const found = 'keys' in read ? read.keys : null
  const kids = found?.jwks?.keys.map(({ kty, kid }) => [String(kty), kid].filter(Boolean).join(' ')) ?? []
  return (
    <div className="keys-field">
      <TextArea
        mono
        label="Public keys"
        value={value}
        onChange={onChange}
        rows={7}
        placeholder={'{ "keys": [ { "kty": "EC", "crv": "P-384", … } ] }\nor https://…/jwks.json'}
        note={
          wrong !== '' ? (
            <span className="bad">{wrong}</span>
          ) : found === null ? (
            'EC on P-384, or RSA of 2048 bits and more: a JWK set, one key, or the address of a set.'
          ) : kids.length > 0 ? (
            `Found ${kids.join(', ')}.`
          ) : (
            'Fetched from there when the client signs in.'
          )
        }
      />
      <FileTrigger acceptedFileTypes={['.json', '.jwks', 'application/json']} onSelect={(files) => void files?.[0]?.text().then(onChange)}>
        <Button icon={FileUp}>From a file</Button>
      </FileTrigger>
    </div>
  )
}
