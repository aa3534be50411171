import type { FormVersion } from '../study/index.js'
import { instantOf } from '../time/index.js'
import { endOfDay } from './figures.js'
import type { Consent } from './decide.js'

interface Timeline {
  forms: readonly FormVersion[]
  /** site of the person */
  site: string | null
  zone: string
}

const startOf = (day: string, zone: string): number => {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  return instantOf(zone, year, month, date)
}

/** The forms that hold for a person's site, oldest first. */
function formsFor(type: string, { forms, site }: Timeline): FormVersion[] {
  return forms.filter((form) => form.type === type && (form.site === null || form.site === site)).sort((a, b) => (a.from < b.from ? -1 : 1))
}

/** The form a consent was given under: the one it names, else the one in use when it began. */
export function formOf(consent: Consent, timeline: Timeline): FormVersion | null {
  const own = formsFor(consent.type, timeline)
  if (consent.form !== undefined && consent.form !== null) return own.find(({ version }) => version === consent.form) ?? null
  const begun = consent.lo ?? Number.NEGATIVE_INFINITY
  return own.findLast(({ from }) => startOf(from, timeline.zone) <= begun) ?? own[0] ?? null
}

/** From when on the person should be asked again, and until when; null: the form is the newest, or nothing has to be asked anew. */
export function reconsentOf(consent: Consent, timeline: Timeline): { since: number; until: number; version: string } | null {
  const own = formsFor(consent.type, timeline)
  if (own.length === 0) return null
  const given = formOf(consent, timeline)
  let due: { since: number; until: number; version: string } | null = null
  for (const form of own) {
    // A version nobody knows is older than all of them.
    if (form.reconsentBy === null || (given !== null && form.from <= given.from)) continue
    const until = endOfDay(form.reconsentBy, timeline.zone) + 1
    if (due === null || until < due.until) due = { since: startOf(form.from, timeline.zone), until, version: form.version }
  }
  return due
}

/** The consents as the study's forms let them count: one under an older form ends when the time to consent anew has run out. */
export function underForms(consents: readonly Consent[], timeline: Timeline): readonly Consent[] {
  if (timeline.forms.length === 0) return consents
  return consents.map((consent) => {
    const due = consent.status === 'active' ? reconsentOf(consent, timeline) : null
    return due === null || (consent.hi !== null && consent.hi <= due.until) ? consent : { ...consent, hi: due.until }
  })
}

/** The form a person is shown now, in his language or its base if there is one; null: there is none for this type. */
export function formInUse(type: string, timeline: Timeline, asked: { now: number; language: string }): FormVersion | null {
  const inForce = formsFor(type, timeline).filter(({ from }) => startOf(from, timeline.zone) <= asked.now)
  const newest = inForce.at(-1)
  const same = inForce.filter(({ version }) => version === newest?.version)
  const speaks = (language: string) => same.findLast((form) => form.language === language)
  return speaks(asked.language) ?? speaks(asked.language.split('-')[0] ?? '') ?? speaks('en') ?? newest ?? null
}
