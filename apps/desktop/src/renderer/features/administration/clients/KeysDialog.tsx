import { useState } from 'react'
import { toast } from 'sonner'
import type { ClientView } from '@aquifer/core/contract'
import { useClientKeys } from '../../../api/identity-queries.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { keysIn } from './keys.js'
import { KeysField } from './KeysField.js'

/** Other keys instead of the present ones, at their turn or after a loss. */
export function KeysDialog({ client, onClose }: { client: ClientView; onClose(): void }) {
  const change = useClientKeys()
  const [text, setText] = useState('')
  const read = keysIn(text)
  const submit = () => {
    if (!('keys' in read)) return
    change.mutate(
      { id: client.client, keys: read.keys },
      {
        onSuccess: () => {
          onClose()
          toast.success(`${client.name} signs in by its new keys`)
        },
      },
    )
  }
  return (
    <FormDialog
      title={`Other keys for ${client.name}`}
      lead="They replace the present ones at once, and the tokens that those got are over. For a turn without a gap, paste old and new together first."
      submit="Replace the keys"
      ready={'keys' in read}
      busy={change.isPending}
      error={change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <KeysField value={text} onChange={setText} />
    </FormDialog>
  )
}
