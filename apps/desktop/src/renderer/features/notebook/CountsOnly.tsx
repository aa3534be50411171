import './counts-only.css'
import { Users } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { countsOnly } from '@aquifer/core/small-cells'
import { getsCountsOnly } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { NoteDialog } from '../../ui/FormDialog.js'
import { Icon } from '../../ui/Icon.js'

const { threshold, show, besides, rounding } = countsOnly

/** Figures of groups and never a row, by the role of who is signed in. */
export const useCountsOnly = (): boolean => getsCountsOnly(useMe())

/** At the head of what is asked here, and nothing for who gets rows. */
export function CountsOnlyNote() {
  const [told, tell] = useState(false)
  if (!useCountsOnly()) return null
  return (
    <p className="row counts-only">
      <span className="badge">
        <Icon of={Users} size={12} />
        Counts only: groups of {threshold} or more people
      </span>
      <AriaButton className="link" onPress={() => tell(true)}>
        What this means
      </AriaButton>
      {told && <Meaning onClose={() => tell(false)} />}
    </p>
  )
}

function Meaning({ onClose }: { onClose(): void }) {
  return (
    <NoteDialog
      title="Counts only"
      lead="Your role is told figures of groups of people, never a row. The server decides, on this page as in every other program."
      wide
      done="Close"
      onClose={onClose}
    >
      <dl className="counts-only-facts">
        <dt>What may be asked</dt>
        <dd>
          One SELECT with at most one GROUP BY: count, count distinct, sum, avg, median and quantiles at multiples of 0.05, each of a column
          as it is; tables of people joined by <code>patient_key</code>; parameters, cohorts and statistics. Anything else is refused at its
          place in the text, with the reason.
        </dd>
        <dt>What is told</dt>
        <dd>
          Counts are rounded to {rounding}. A figure of 1 to {threshold - 1} people is hatched as <code>{show}</code>;{' '}
          <code>{besides}</code> hides one from which few would follow, here or beside your earlier answers, and says nothing of its size.
          Groups of few stand together in one last row without labels.
        </dd>
        <dt>What changes it</dt>
        <dd>
          The same people give the same number. All changes come together, an hour after the last time or when {threshold} people have left.
          If somebody leaves before, what you were told is told again and new questions wait. Files hold what was told, and mark each hidden
          cell.
        </dd>
      </dl>
    </NoteDialog>
  )
}
