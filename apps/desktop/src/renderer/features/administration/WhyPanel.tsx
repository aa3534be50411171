import { CircleCheck, CircleHelp, CircleX, Eye, Lock } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { WhyAnswer } from '@aquifer/core/contract'
import { useWhy, type WhyAsked } from '../../api/access-queries.js'
import { roleWords } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { Segments, Select, TextField } from '../../ui/fields.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { kindNames } from './relationships/kinds.js'

const acts = [
  { id: 'read', label: 'Read' },
  { id: 'write', label: 'Write' },
] as const

/** A case, decided by the same functions that decide requests, each step told. */
export function WhyPanel() {
  const { studies } = useMe()
  const why = useWhy()
  const [asked, ask] = useState<WhyAsked>({ user: '', act: 'read', resource: '', study: useStudy()?.id ?? '', tokenSites: '' })
  const change = (part: Partial<WhyAsked>) => ask({ ...asked, ...part })
  const ready = asked.user.trim() !== '' && asked.resource.trim() !== '' && asked.study !== ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready) why.mutate({ ...asked, user: asked.user.trim(), resource: asked.resource.trim(), tokenSites: asked.tokenSites.trim() })
  }
  return (
    <Panel title="Why could somebody see this?" note={<span className="sub">or why not: decided as a request would be, now</span>}>
      <form className="why-form" onSubmit={submit}>
        <span data-search>
          <TextField label="User" value={asked.user} onChange={(user) => change({ user })} placeholder="user name" />
        </span>
        <div>
          <p className="label">Act</p>
          <Segments label="Act" value={asked.act} choices={acts} onChange={(act) => change({ act })} />
        </div>
        <TextField
          label="Resource"
          value={asked.resource}
          onChange={(resource) => change({ resource })}
          placeholder="Patient/id, or a type"
        />
        <Select
          label="Study"
          stacked
          value={asked.study}
          choices={studies.map(({ id }) => ({ id, label: id }))}
          onChange={(study) => change({ study })}
        />
        <TextField label="Token for sites" value={asked.tokenSites} onChange={(tokenSites) => change({ tokenSites })} placeholder="any" />
        <Button type="submit" look="primary" icon={CircleHelp} isDisabled={!ready || why.isPending}>
          Explain
        </Button>
      </form>
      <div className="why-answer" aria-live="polite">
        {why.isPending ? (
          <SkeletonRows rows={5} />
        ) : why.error ? (
          <Failure error={why.error} />
        ) : why.data ? (
          <Answer answer={why.data} />
        ) : (
          <Empty icon={CircleHelp} title="No case yet">
            Name a user and a resource. You see each step that decides, every relationship of the user in the study, and what it does for
            the case.
          </Empty>
        )}
      </div>
    </Panel>
  )
}

function Answer({ answer }: { answer: WhyAnswer }) {
  const { user, role, act, resource, study, allowed, decidedBy, steps, relationships, consent } = answer
  return (
    <>
      <div className={allowed ? 'verdict yes' : 'verdict no'}>
        <Icon of={allowed ? Eye : Lock} size={20} />
        <div>
          <p className="panel-title">
            {user} {allowed ? 'may' : 'may not'} {act} {resource} in {study}
          </p>
          <p className="ink-2">
            {role === null ? 'The account has no role.' : `As ${roleWords(role).toLowerCase()}.`} Decided by: {decidedBy}.
            {consent.asked && ` Asked next: consent to ${consent.types.join(', ') || 'nothing, the study requires none'}.`}
          </p>
        </div>
      </div>
      <ol className="why-steps">
        {steps.map((step, at) => (
          <li key={at} data-decides={step.rule === decidedBy || undefined}>
            <Icon of={step.allowed ? CircleCheck : CircleX} size={16} className={step.allowed ? 'mark-ok' : 'mark-bad'} />
            <span className="medium why-rule">{step.rule}</span>
            <span>{step.says}</span>
          </li>
        ))}
      </ol>
      {relationships.length > 0 && (
        <table className="table">
          <caption className="table-caption">Relationships of {user} in the study</caption>
          <tbody>
            {relationships.map((each, at) => (
              <tr key={`${each.id}-${at}`}>
                <td className="medium">{kindNames[each.kind]}</td>
                <td>{each.site ?? ''}</td>
                <td>
                  <Badge kind={each.counts ? 'active' : 'idle'}>{each.counts ? 'Counts' : 'Does not count'}</Badge>
                </td>
                <td className="ink-2">{each.says}</td>
                <td className="mono ink-3">{each.id === 'account' ? 'by account' : each.id}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
