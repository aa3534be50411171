import { useState } from 'react'
import type { KeyEscrowView } from '@aquifer/core/contract'
import { useFetchShare } from '../../../api/masking-key-queries.js'
import { CopyButton } from '../../../ui/CopyButton.js'
import { TextField } from '../../../ui/fields.js'
import { FormDialog, NoteDialog } from '../../../ui/FormDialog.js'

/** The reader's own share, told once. */
export function ShareDialog({ escrow, onClose }: { escrow: KeyEscrowView; onClose(): void }) {
  const fetch = useFetchShare(escrow.id)
  const [password, setPassword] = useState('')
  if (fetch.data !== undefined) {
    return (
      <NoteDialog
        wide
        title="Your share"
        lead="Write it down and lock it away. It is told this once, and kept nowhere here any more."
        done="It is kept safe"
        onClose={onClose}
      >
        <p className="mono secret" role="status">
          {fetch.data.share}
        </p>
        <CopyButton text={fetch.data.share} label="Copy the share" />
      </NoteDialog>
    )
  }
  return (
    <FormDialog
      title={`Fetch your share of ${escrow.study}`}
      lead={`It is told once. Together with ${escrow.needed - 1} more it makes the key; alone it tells nothing.`}
      submit="Fetch 1 share"
      ready={password !== ''}
      busy={fetch.isPending}
      error={fetch.error}
      onSubmit={() => fetch.mutate(password, { onError: () => setPassword('') })}
      onClose={onClose}
    >
      <TextField label="Your password" type="password" value={password} onChange={setPassword} autoComplete="current-password" autoFocus />
    </FormDialog>
  )
}
