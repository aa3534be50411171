import { useState } from 'react'
import { toast } from 'sonner'
import type { StudyView } from '@aquifer/core/contract'
import { useAskWho } from '../../../api/masking-key-queries.js'
import { TextField } from '../../../ui/fields.js'
import { ReasonDialog } from '../ReasonDialog.js'

// What the contract takes for one.
const length = { least: 8, most: 80 }

export function AskDialog({ study, onClose }: { study: StudyView; onClose(): void }) {
  const ask = useAskWho(study.id)
  const [text, setText] = useState('')
  const pseudonym = text.trim()
  return (
    <ReasonDialog
      title="Ask who stands behind a pseudonym"
      lead="Somebody else decides within a week. Approved, you are told once, within a quarter of an hour; the person finds in his trail that you looked."
      submit="Ask about 1 person"
      rule="plain"
      ready={pseudonym.length >= length.least && pseudonym.length <= length.most}
      busy={ask.isPending}
      error={ask.error}
      onClose={onClose}
      onSubmit={(reason) =>
        ask.mutate(
          { pseudonym, reason },
          {
            onSuccess: () => {
              onClose()
              toast.success('Asked', { description: 'A privacy officer other than you decides.' })
            },
          },
        )
      }
    >
      <TextField
        label={`Pseudonym in ${study.id}`}
        value={text}
        onChange={setText}
        fault={pseudonym.length > length.most ? 'One pseudonym at a time.' : undefined}
        note="The patient_key of a masked row; the request does not show it again."
      />
    </ReasonDialog>
  )
}
