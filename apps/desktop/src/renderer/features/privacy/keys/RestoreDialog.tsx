import { useState } from 'react'
import { toast } from 'sonner'
import type { KeyEscrowView } from '@aquifer/core/contract'
import { useRestoreKey } from '../../../api/masking-key-queries.js'
import { Checkbox, TextArea } from '../../../ui/fields.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { groupsOf, namesIn } from './keys.js'

/** Shares put together: the key is proven by its fingerprint, and put back where it is gone. */
export function RestoreDialog({ escrow, current, onClose }: { escrow: KeyEscrowView; current: boolean; onClose(): void }) {
  const restore = useRestoreKey(escrow.id)
  const [text, setText] = useState('')
  const [use, setUse] = useState(false)
  const shares = namesIn(text)
  return (
    <ReasonDialog
      wide
      title={`Bring a key of ${escrow.study} back`}
      lead={
        <>
          {escrow.needed} shares make the key <span className="mono">{groupsOf(escrow.fingerprint)}</span>. Where it is here already,
          nothing changes and the shares are proven.
        </>
      }
      submit={use ? 'Bring it back and mask by it' : 'Bring 1 key back'}
      look={use ? 'danger' : 'primary'}
      rule="plain"
      ready={shares.length >= escrow.needed}
      busy={restore.isPending}
      error={restore.error}
      onClose={onClose}
      onSubmit={(reason) =>
        restore.mutate(
          { shares, use, reason },
          {
            onSuccess: ({ present, used }) => {
              onClose()
              toast.success(present ? 'The shares make the key, and it was here all the time' : 'The key is back', {
                description: used && !current ? `${escrow.study} is masked anew by it.` : undefined,
              })
            },
          },
        )
      }
    >
      <TextArea label="Shares" mono rows={4} value={text} onChange={setText} note={`${shares.length} of ${escrow.needed}, one a line`} />
      {!current && (
        <Checkbox label="Mask by this key from now on" checked={use} onChange={setUse}>
          <p className="sub">
            All pseudonyms change back to those of then, and the study is masked anew. Otherwise it only opens what it made.
          </p>
        </Checkbox>
      )}
    </ReasonDialog>
  )
}
