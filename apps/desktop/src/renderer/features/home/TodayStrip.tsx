import { Ban, ChevronRight, Droplet, ShieldX, Table2, UserRound, UsersRound } from 'lucide-react'
import { Link } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useCatalogue, useConsent, usePipeline, useRefusals } from '../../api/queries.js'
import { useMe } from '../../api/SessionProvider.js'
import { mayQuery, maySeeConsent, maySeeRefusals } from '../../api/roles.js'
import { paths } from '../../paths.js'
import { addDays, count, moment, plural } from '../../ui/format.js'
import { Icon, type LucideIcon } from '../../ui/Icon.js'

interface Fact {
  icon: LucideIcon
  tone: string
  figure: string
  words: string
  note: string
  to: string | null
}

/** Four facts that change from day to day, each leading to where it can be acted on. */
export function TodayStrip({ study }: { study: StudyView }) {
  const me = useMe()
  const facts = [...useConsentFacts(study, maySeeConsent(me), maySeeRefusals(me)), ...useDataFacts(study, mayQuery(me))].slice(0, 4)
  return (
    <ul className="panel today">
      {facts.map((fact) => (
        <li key={fact.words}>
          {fact.to === null ? (
            <span className="today-fact">{inner(fact)}</span>
          ) : (
            <Link to={fact.to} className="today-fact">
              {inner(fact)}
            </Link>
          )}
        </li>
      ))}
    </ul>
  )
}

function inner(fact: Fact) {
  return (
    <>
      <Icon of={fact.icon} size={20} className={fact.tone} />
      <span className="grow">
        <span className="today-words cut">
          <b className={/^\d/.test(fact.figure) ? 'num' : undefined}>{fact.figure}</b> {fact.words}
        </span>
        <span className="sub cut today-note">{fact.note}</span>
      </span>
      {fact.to !== null && <Icon of={ChevronRight} className="ink-3" />}
    </>
  )
}

function useConsentFacts(study: StudyView, allowed: boolean, refusalsToo: boolean): Fact[] {
  const consent = useConsent(study.id, null, allowed).data
  const refusals = useRefusals(study.id, null, 5, refusalsToo).data
  if (!allowed) return []
  const week = consent ? newSince(consent.overTime, addDays(consent.asOf, -7)) : null
  const withdrawn = consent?.total.byStatus.withdrawn
  const joined: Fact = {
    icon: UserRound,
    tone: 'mark-ok',
    figure: week === null ? '–' : count(week),
    words: week === 1 ? 'person joined in 7 days' : 'people joined in 7 days',
    note: consent ? `${plural(consent.total.byStatus.active, 'person', 'people')} with active consent` : 'asking the server',
    to: paths.consent,
  }
  const left: Fact = {
    icon: Ban,
    tone: withdrawn ? 'mark-bad' : 'mark-idle',
    figure: withdrawn === undefined ? '–' : count(withdrawn),
    words: 'withdrawn',
    note: consent ? `consent epoch ${consent.epoch}` : 'asking the server',
    to: paths.consent,
  }
  const refused: Fact = {
    icon: ShieldX,
    tone: refusals?.today ? 'mark-warn' : 'mark-idle',
    figure: refusals ? count(refusals.today) : '–',
    words: 'writes refused today',
    note: refusals ? `${count(refusals.total)} in all` : 'asking the server',
    to: `${paths.consent}#refused`,
  }
  return refusalsToo ? [joined, left, refused] : [joined, left]
}

function newSince(overTime: { date: string; enrolled: number }[], from: string): number {
  const now = overTime.at(-1)?.enrolled ?? 0
  const before = overTime.findLast((point) => point.date <= from)?.enrolled ?? 0
  return now - before
}

function useDataFacts(study: StudyView, allowed: boolean): Fact[] {
  const catalogue = useCatalogue(study.id, allowed).data
  const pipeline = usePipeline(study.id).data
  const held = pipeline?.held ?? 0
  const snapshot = catalogue?.snapshot ?? pipeline?.snapshot ?? null
  const masking: Fact = {
    icon: Droplet,
    tone: 'zone-deep',
    figure: catalogue?.maskingPolicy ?? study.maskingPolicy,
    words: '',
    note: held > 0 ? `${plural(held, 'resource')} held back` : snapshot === null ? 'nothing published yet' : `snapshot ${moment(snapshot)}`,
    to: null,
  }
  if (!allowed) return [masking]
  return [
    {
      icon: UsersRound,
      tone: 'zone-deep',
      figure: catalogue ? count(catalogue.people) : '–',
      words: 'people',
      note: 'behind every masked row',
      to: null,
    },
    {
      icon: Table2,
      tone: 'mark-info',
      figure: catalogue ? count(catalogue.resources) : '–',
      words: 'resources',
      note: catalogue ? `in ${plural(catalogue.tables.filter((table) => table.kind === 'flat').length, 'table')}` : 'asking the server',
      to: paths.catalogue,
    },
    masking,
  ]
}
