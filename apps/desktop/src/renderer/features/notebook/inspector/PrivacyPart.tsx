import { Droplet, Lock, ShieldCheck, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import { plural } from '../../../ui/format.js'
import { Icon, type LucideIcon } from '../../../ui/Icon.js'
import type { Lineage } from '../lineage.js'
import type { Result } from '../result.js'

const states = {
  current: 'Every decision up to this epoch is in the rows.',
  updating: 'Newer decisions are on their way; withdrawn people are left out already.',
  frozen: 'A data cut: later decisions change nothing but who is left out.',
} as const

/** What protects the people behind a result, and what has to be thought of before it leaves. */
export function PrivacyPart({ basis, columns }: { basis: Result['basis']; columns: Lineage['columns'] }) {
  const people = peopleBehind(basis)
  const changed = columns.filter((column) => !/^kept$/.test(column.masking))
  return (
    <ul className="privacy-facts">
      <Fact icon={Droplet} title={basis.maskingPolicy}>
        {columns.length === 0
          ? 'No column of the catalogue is read.'
          : `${plural(changed.length, 'column')} of ${columns.length} changed by masking, ${columns.length - changed.length} kept.`}
      </Fact>
      <Fact icon={ShieldCheck} title={`Consent epoch ${basis.consentEpoch}`}>
        {states[basis.consentState]}
      </Fact>
      <Fact icon={Users} title={people.title}>
        {people.words}
      </Fact>
      <Fact icon={Lock} title="Before it leaves">
        {basis.level === 'counts'
          ? 'Figures of groups, rounded, with small ones hidden. Every download says snapshot, epoch and policy.'
          : 'Rows are masked and still of people. A figure for others holds groups of 11 or more, and says snapshot, epoch and policy: every download carries them.'}
      </Fact>
    </ul>
  )
}

function peopleBehind({ people, level }: Result['basis']): { title: string; words: string } {
  if (people === null && level === 'counts') return { title: 'People are not told', words: 'How many there are in all would tell of few.' }
  if (people === null)
    return { title: 'People are not counted', words: 'A result with patient_key says how many different people its rows are of.' }
  const few = people > 0 && people < 11
  const words = few ? 'Fewer than 11: a figure of so few is somebody’s own.' : 'Groups within it may still be small.'
  return { title: plural(people, 'person', 'people'), words: level === 'counts' ? 'Rounded; what few would follow from is hidden.' : words }
}

function Fact({ icon, title, children }: { icon: LucideIcon; title: string; children: ReactNode }) {
  return (
    <li>
      <p className="row strong">
        <Icon of={icon} className="ink-3" />
        {title}
      </p>
      <p className="small ink-2">{children}</p>
    </li>
  )
}
