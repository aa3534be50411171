import '../administration/administration.css'
import '../administration/policy/policy.css'
import './privacy.css'
import { Database } from 'lucide-react'
import type { StudyView } from '@aquifer/core/contract'
import { useHeld } from '../../api/held-queries.js'
import { useReidentifications } from '../../api/masking-key-queries.js'
import { useLeaks, useMaskingPolicies } from '../../api/masking-queries.js'
import { mayReadMasking, maySeeHeld, maySeeLeaks, maySeeReidentifications, maySignMasking } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Tag } from '../../ui/Badge.js'
import { count } from '../../ui/format.js'
import { PageTabs } from '../../ui/PageTabs.js'
import { Empty } from '../../ui/states.js'
import { DisplaysPart } from './displays/DisplaysPart.js'
import { HeldPart } from './held/HeldPart.js'
import { KeysPart } from './keys/KeysPart.js'
import { LeaksPart } from './leaks/LeaksPart.js'
import { privacyParts, type PrivacyPart } from './parts.js'
import { PoliciesPart } from './policies/PoliciesPart.js'
import { waitsForSigning } from './policies/versions.js'
import { waitsFor } from './reidentification/requests.js'
import { ReidentificationPart } from './reidentification/ReidentificationPart.js'
import { RiskPart } from './risk/RiskPart.js'
import { TracePart } from './trace/TracePart.js'

export default function PrivacyPage() {
  const study = useStudy()
  return (
    <div className="page privacy">
      <header>
        <h1>Privacy</h1>
        <p className="ink-2">
          What becomes of identified data before anybody queries it, who answers for that, and how well it hides people.
        </p>
      </header>
      {study === undefined ? (
        <section className="panel">
          <Empty icon={Database} title="You belong to no study yet">
            An administrator adds you to one; it appears here at your next sign-in.
          </Empty>
        </section>
      ) : (
        <Parts key={study.id} study={study} />
      )}
    </div>
  )
}

function Parts({ study }: { study: StudyView }) {
  const me = useMe()
  const contents: Record<PrivacyPart, React.ReactNode> = {
    policies: <PoliciesPart study={study} />,
    trace: <TracePart study={study} />,
    leaks: <LeaksPart study={study} />,
    held: <HeldPart study={study} />,
    displays: <DisplaysPart study={study} />,
    risk: <RiskPart study={study} />,
    keys: <KeysPart study={study} />,
    who: <ReidentificationPart study={study} />,
  }
  const notes: Partial<Record<PrivacyPart, React.ReactNode>> = {
    policies: <PoliciesMark study={study} />,
    leaks: <LeaksMark study={study} />,
    held: <HeldMark study={study} />,
    who: <WhoMark study={study} />,
  }
  const parts = privacyParts(me).map((part) => ({ ...part, content: contents[part.id], note: notes[part.id] ?? null }))
  return <PageTabs label="Parts of the privacy page" parts={parts} />
}

/** How many versions wait for a signature that the reader can give. */
function PoliciesMark({ study }: { study: StudyView }) {
  const me = useMe()
  const { data } = useMaskingPolicies(study.id, mayReadMasking(me))
  const waiting = data?.versions.filter((version) => maySignMasking(me) && waitsForSigning(version, me.user)).length ?? 0
  return waiting === 0 ? null : <Tag tone="warn">{waiting}</Tag>
}

function LeaksMark({ study }: { study: StudyView }) {
  const { data } = useLeaks(study.id, maySeeLeaks(useMe()))
  return data?.blocked ? <Tag tone="bad">{data.leaks.length}</Tag> : null
}

function HeldMark({ study }: { study: StudyView }) {
  const { data } = useHeld(study.id, maySeeHeld(useMe()))
  return data && data.held > 0 ? <Tag tone="warn">{count(data.held)}</Tag> : null
}

/** Requests that wait for the reader: to be decided, or to be told the answer. */
function WhoMark({ study }: { study: StudyView }) {
  const me = useMe()
  const { data } = useReidentifications(study.id, maySeeReidentifications(me))
  const waiting = data?.requests.filter((request) => waitsFor(request, me) !== null).length ?? 0
  return waiting === 0 ? null : <Tag tone="warn">{waiting}</Tag>
}
