import { useState } from 'react'
import { toast } from 'sonner'
import type { MaskingKeyList } from '@aquifer/core/contract'
import { useRotateKey } from '../../../api/masking-key-queries.js'
import { Checkbox } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { groupsOf } from './keys.js'

/** What another key changes for everybody, told before it is done. */
export function RotateDialog({
  list: { study, escrows },
  current,
  versions,
  onClose,
}: {
  list: MaskingKeyList
  current: MaskingKeyList['keys'][number]
  versions: number
  onClose(): void
}) {
  const rotate = useRotateKey(study)
  const [confirmed, confirm] = useState(false)
  const shared = escrows.some(({ key }) => key === current.id)
  return (
    <ReasonDialog
      wide
      title={`Mask ${study} by another key`}
      lead="This cannot be undone: no key comes back into use but by its shares."
      submit="Rotate 1 key"
      look="danger"
      rule="plain"
      ready={confirmed}
      busy={rotate.isPending}
      error={rotate.error}
      onClose={onClose}
      onSubmit={(reason) =>
        rotate.mutate(reason, {
          onSuccess: () => {
            onClose()
            toast.success(`${study} is masked anew by another key`)
          },
        })
      }
    >
      <dl className="facts sunken">
        <Consequence name="Pseudonyms">
          Every one changes, and every shift of dates: results of before and after cannot be joined.
        </Consequence>
        <Consequence name="Analysts">
          {plural(versions, 'version')} of resources are masked anew beside what they see now, which stays until all is done.
        </Consequence>
        <Consequence name="This key">
          <span className="mono">{groupsOf(current.fingerprint)}</span> is retired. For 90 days at least it tells who stands behind older
          pseudonyms. Keys retired longer ago than that are destroyed now.
        </Consequence>
        <Consequence name="Shares">
          {shared ? 'Those given out open this key, not the next: split the next one anew.' : 'Nobody holds any. Split the next key.'}
        </Consequence>
      </dl>
      <Checkbox label="Whoever works with these pseudonyms knows" checked={confirmed} onChange={confirm}>
        <p className="sub">Lists of pseudonyms outside, in reports or with a sponsor, no longer match.</p>
      </Checkbox>
    </ReasonDialog>
  )
}

function Consequence({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="sub">{name}</dt>
      <dd>
        <span>{children}</span>
      </dd>
    </div>
  )
}
