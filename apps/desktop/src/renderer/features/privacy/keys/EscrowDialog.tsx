import { useState } from 'react'
import { toast } from 'sonner'
import type { MaskingKeyList } from '@aquifer/core/contract'
import { useEscrowKey } from '../../../api/masking-key-queries.js'
import { Select, TextField } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { groupsOf, namesIn } from './keys.js'

const fewest = 2
const most = 20

/** The key in use among several people: some of them together make it, fewer learn nothing. */
export function EscrowDialog({
  list: { study },
  current,
  onClose,
}: {
  list: MaskingKeyList
  current: MaskingKeyList['keys'][number]
  onClose(): void
}) {
  const escrow = useEscrowKey()
  const [text, setText] = useState('')
  const [chosen, choose] = useState(fewest)
  const holders = namesIn(text)
  const possible = Array.from({ length: Math.max(1, Math.min(most, holders.length) - 1) }, (_, at) => String(at + fewest))
  const needed = Math.min(chosen, Math.max(fewest, holders.length))
  const fits = holders.length >= fewest && holders.length <= most
  return (
    <ReasonDialog
      title={`Split the key of ${study}`}
      lead="Each holder fetches a share of his own with his password, once, within 7 days. What is fetched is kept nowhere here."
      submit={fits ? `Split into ${plural(holders.length, 'share')}` : 'Split into shares'}
      rule="plain"
      ready={fits}
      busy={escrow.isPending}
      error={escrow.error}
      onClose={onClose}
      onSubmit={(reason) =>
        escrow.mutate(
          { study, holders, needed, reason },
          {
            onSuccess: () => {
              onClose()
              toast.success(`${plural(holders.length, 'share')} made`, { description: 'Each waits for its holder.' })
            },
          },
        )
      }
    >
      <p className="sub">
        Key in use <span className="mono">{groupsOf(current.fingerprint)}</span>
      </p>
      <TextField
        label="Holders, by user name"
        value={text}
        onChange={setText}
        placeholder="two or more, with spaces between"
        fault={holders.length > most ? `At most ${most} people.` : undefined}
        note={holders.length === 0 ? 'People who would not leave together.' : plural(holders.length, 'holder')}
      />
      <Select
        label="Shares that make the key"
        stacked
        value={String(needed)}
        choices={possible.map((id) => ({ id, label: id }))}
        onChange={(id) => choose(Number(id))}
      />
    </ReasonDialog>
  )
}
