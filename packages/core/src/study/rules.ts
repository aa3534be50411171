import { refuse, type Refusal, type RefusalIssue } from '../refusal/index.js'
import { durationMs, isZone } from '../time/index.js'
import { isReservedWord } from './reserved-words.js'
import type { Study, StudyRequest } from './study.js'

const studyIdPattern = /^[A-Za-z][A-Za-z0-9-]{0,31}$/
const sitePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const consentTypePattern = /^[a-z][a-z0-9-]{0,63}$/

/** What a policy does to dates: years only, or moved by a secret shift per person; accepted: live publishing that shows it was signed for. */
export type PolicyDates = 'years' | 'shifted' | 'shifted-accepted'
const policyDates: Readonly<Record<string, PolicyDates>> = { 'safe-harbor': 'years', expert: 'shifted' }
export const datesUnder = (masking: string): PolicyDates | null => (Object.hasOwn(policyDates, masking) ? policyDates[masking]! : null)

export const isStudyId = (id: string): boolean => studyIdPattern.test(id) && !isReservedWord(id)
export const isSiteId = (id: string): boolean => sitePattern.test(id)

/** Fills in the defaults and checks the rules between settings; all findings at once. `own`: of a policy that is not built in. */
export function completeStudy(request: StudyRequest, own: PolicyDates | null = null): Study | Refusal<'invalid'> {
  const masking = request.masking ?? 'safe-harbor'
  const dates = own ?? datesUnder(masking)
  const study: Study = {
    id: request.id,
    name: request.name,
    kind: request.kind ?? 'program',
    status: request.status ?? 'open',
    enrolment: request.enrolment ?? 'closed',
    sites: [...new Set(request.sites ?? [])],
    required: [...new Set(request.required ?? [])],
    masking,
    publish: request.publish ?? (dates === 'shifted' ? '24h' : 'continuous'),
    partition: request.partition ?? 'year',
    zone: request.zone ?? 'UTC',
  }
  const issues = findings(study, dates)
  if (issues.length === 0) return study
  return refuse('invalid', { detail: issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '), issues })
}

function findings(study: Study, dates: PolicyDates | null): RefusalIssue[] {
  const issues: RefusalIssue[] = []
  const wrong = (path: string, message: string) => issues.push({ severity: 'error', path, code: 'invalid', message })
  if (!studyIdPattern.test(study.id)) wrong('id', 'a letter, then up to 31 letters, digits or hyphens')
  else if (isReservedWord(study.id)) wrong('id', `${study.id} is a reserved word of SQL`)
  if (study.name.trim() === '') wrong('name', 'must not be empty')
  for (const site of study.sites) if (!isSiteId(site)) wrong('site', 'letters, digits, dots, underscores and hyphens, at most 64')
  for (const type of study.required)
    if (!consentTypePattern.test(type)) wrong('consents', 'lower-case letters, digits and hyphens, at most 64')
  if (study.kind === 'regulated' && study.enrolment === 'open')
    wrong('enrolment', 'a regulated study enrols by consent: open is not possible')
  if (!isZone(study.zone)) wrong('zone', 'not an IANA time zone')
  if (dates === null)
    wrong('masking', 'safe-harbor or expert; a policy of the study’s own is proposed, signed by two people and then in force by itself')
  if (dates === 'years' && study.partition !== 'year')
    wrong('partition', `${study.masking} keeps years only: a ${study.partition} cannot be told`)
  if (study.publish !== 'continuous' && !spanAllowed(study.publish)) wrong('publish', 'continuous, or a span from 1m to 90d such as 24h')
  if (dates === 'shifted' && study.publish === 'continuous')
    wrong('publish', `${study.masking} shifts dates: live publishing would show the shift; give a span such as 24h`)
  return issues
}

function spanAllowed(publish: string): boolean {
  const span = durationMs(publish)
  return span !== null && span >= 60_000 && span <= 90 * 86_400_000
}
