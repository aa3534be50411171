import type { StudySettings } from '../study/index.js'
import { majorityAt } from '../time/index.js'
import type { Consent } from './decide.js'
import { reconsentOf, underForms } from './forms.js'

/** What of a person bears on how long his consents count. */
export interface PersonFacts {
  birthDate: string | null
  site: string | null
  /** when the person entered the study; null: not yet */
  enrolledAt: number | null
}
export interface StudyFacts {
  settings: Pick<StudySettings, 'jurisdiction' | 'forms'>
  zone: string
}

/** When the person comes of age, in a study that has a jurisdiction. */
export const comesOfAge = (person: Pick<PersonFacts, 'birthDate'>, { settings, zone }: StudyFacts): number | null =>
  settings.jurisdiction === null ? null : majorityAt(person.birthDate, { jurisdiction: settings.jurisdiction, zone }, 'last-day')

/**
 * The consents as they count: what others consented to for a child ends when the child comes of age, and one under an older form when
 * the time to consent anew has run out. `at` stands for the beginning of a consent that names none, of somebody who is not enrolled.
 */
export function asTheyCount(consents: readonly Consent[], person: PersonFacts, study: StudyFacts, at: number): readonly Consent[] {
  const counted = underForms(consents, { forms: study.settings.forms, site: person.site, zone: study.zone })
  const majority = comesOfAge(person, study)
  if (majority === null) return counted
  return counted.map((consent) => {
    const begun = consent.lo ?? person.enrolledAt ?? at
    const ends = consent.status === 'active' && begun < majority && (consent.hi === null || consent.hi > majority)
    return ends ? { ...consent, hi: majority } : consent
  })
}

export const aheadKinds = ['comes-of-age', 'expires', 'reconsent-due'] as const
export type AheadKind = (typeof aheadKinds)[number]
export interface Ahead {
  kind: AheadKind
  /** when the consent ends, or has to be given anew */
  at: number
  type: string
  /** re-consent is asked for already */
  open: boolean
}

/** What happens to a person's active consents from now until an instant, soonest first. */
export function aheadOf(
  consents: readonly Consent[],
  person: PersonFacts,
  study: StudyFacts,
  span: { now: number; until: number },
): Ahead[] {
  const { now, until } = span
  const found: Ahead[] = []
  const majority = comesOfAge(person, study)
  const within = (at: number | null): at is number => at !== null && at > now && at <= until
  for (const [place, consent] of asTheyCount(consents, person, study, now).entries()) {
    const given = consents[place]
    if (given?.status !== 'active' || !within(consent.hi) || (consent.lo !== null && consent.lo > now)) continue
    // A consent given anew speaks for the type: the older one may end.
    if (consents.some((other) => other.type === given.type && other.order > given.order)) continue
    const due = reconsentOf(given, { forms: study.settings.forms, site: person.site, zone: study.zone })
    const kind = consent.hi === majority ? 'comes-of-age' : due !== null && consent.hi === due.until ? 'reconsent-due' : 'expires'
    found.push({ kind, at: consent.hi, type: given.type, open: kind === 'reconsent-due' && due !== null && due.since <= now })
  }
  return found.sort((a, b) => a.at - b.at)
}
