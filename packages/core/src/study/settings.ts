import type { RefusalIssue } from '../refusal/index.js'
import { isLanguage, letterFaults, reminderDaysMax, type LetterWords } from '../registration/index.js'
import { durationMs, spanOf } from '../time/index.js'
import type { Study } from './study.js'

/** One version of a consent form, as an ethics committee approved it. */
export interface FormVersion {
  /** the consent type it is the form of */
  type: string
  version: string
  document: string
  language: string
  /** null: at every site */
  site: string | null
  /** day of the ethics approval */
  approved: string
  /** first day on which it is used */
  from: string
  /** last day on which consents given under an older version still count; null: they count as long as they last */
  reconsentBy: string | null
}
/** A program and the versions of it that may send data, with what a person must consent to for it beyond the study's own. */
export interface AppRule {
  app: string
  versions: string[] | null
  required: string[]
}
export interface Visit {
  id: string
  title: string
  /** days after enrolment, and how many before and after still count */
  day: number
  before: number
  after: number
}
export interface StudySettings {
  /** ISO 3166 code: fixes the age of majority */
  jurisdiction: string | null
  /** nothing is erased while it stands */
  legalHold: boolean
  /** only what is valid as it was sent is taken: nothing is mended */
  strict: boolean
  /** how many people a site is to enrol */
  targets: Record<string, number>
  forms: FormVersion[]
  apps: AppRule[]
  visits: Visit[]
  /** days before an invitation runs out on which the clock reminds */
  reminders: number[]
  /** letters of invitation in the study's own words, by language */
  letters: Record<string, LetterWords>
  /** form of the files that readers outside get */
  output: OutputFormat
  /** how long old snapshots are kept for readers outside, such as `30d`; null: the last three */
  keepSnapshots: string | null
}
export const outputFormats = ['parquet', 'json'] as const
export type OutputFormat = (typeof outputFormats)[number]
const keepMs = { min: 60_000, max: 3650 * 86_400_000 }

const defaults: StudySettings = {
  jurisdiction: null,
  legalHold: false,
  strict: false,
  targets: {},
  forms: [],
  apps: [],
  visits: [],
  reminders: [],
  letters: {},
  output: 'parquet',
  keepSnapshots: null,
}
/** A study's further settings; what was never set has its default. */
export const settingsOf = (stored: Readonly<Record<string, unknown>>): StudySettings => ({ ...defaults, ...stored })

const jurisdictionPattern = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/

export function settingsFindings(settings: StudySettings, study: Pick<Study, 'sites' | 'zone'>): RefusalIssue[] {
  const issues: RefusalIssue[] = []
  const wrong = (path: string, message: string) => issues.push({ severity: 'error', path, code: 'invalid', message })
  const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && spanOf(text, study.zone) !== null
  if (settings.jurisdiction !== null && !jurisdictionPattern.test(settings.jurisdiction))
    wrong('jurisdiction', 'an ISO 3166 code such as DE or US-MA')
  for (const site of Object.keys(settings.targets)) if (!study.sites.includes(site)) wrong(`targets.${site}`, 'the study has no such site')
  const seen = new Set<string>()
  for (const [place, form] of settings.forms.entries()) {
    const path = `forms.${place}`
    const key = [form.type, form.version, form.language, form.site].join(' ')
    if (seen.has(key)) wrong(path, 'stands there twice')
    seen.add(key)
    if (form.site !== null && !study.sites.includes(form.site)) wrong(`${path}.site`, 'the study has no such site')
    for (const name of ['approved', 'from', 'reconsentBy'] as const) {
      const day = form[name]
      if (day !== null && !isDay(day)) wrong(`${path}.${name}`, 'a day, YYYY-MM-DD')
    }
    if (form.from < form.approved) wrong(`${path}.from`, 'a form is not used before it was approved')
    if (form.reconsentBy !== null && form.reconsentBy < form.from) wrong(`${path}.reconsentBy`, 'is before the form is used')
  }
  const kept = settings.keepSnapshots === null ? null : (durationMs(settings.keepSnapshots) ?? 0)
  if (kept !== null && (kept < keepMs.min || kept > keepMs.max)) wrong('keepSnapshots', 'a span from 1m to 3650d such as 30d')
  const apps = settings.apps.map(({ app }) => app)
  for (const app of new Set(apps)) if (apps.indexOf(app) !== apps.lastIndexOf(app)) wrong('apps', `${app} stands there twice`)
  for (const [path, message] of invitationFindings(settings)) wrong(path, message)
  return issues
}

function* invitationFindings({ reminders, letters }: Pick<StudySettings, 'reminders' | 'letters'>): Generator<[string, string]> {
  const days = reminders.every((each) => Number.isInteger(each) && each >= 1 && each <= reminderDaysMax)
  if (!days || new Set(reminders).size < reminders.length) yield ['reminders', `different whole numbers from 1 to ${reminderDaysMax}`]
  for (const [language, letter] of Object.entries(letters)) {
    if (!isLanguage(language)) yield [`letters.${language.slice(0, 20)}`, 'a language is a tag such as en or de-CH']
    for (const { part, what } of letterFaults(letter)) yield [`letters.${language.slice(0, 20)}.${part}`, what]
  }
}

/** `name`, or `name/version`, as `urn:aquifer:app` says it. */
export function appNamed(text: string): { app: string; version: string | null } {
  const slash = text.lastIndexOf('/')
  return slash <= 0 ? { app: text, version: null } : { app: text.slice(0, slash), version: text.slice(slash + 1) }
}

/**
 * What must be consented to for data that these programs sent; null: the study takes nothing of one of them. A study that lists no
 * programs takes data of all.
 */
export function requiredFor(required: readonly string[], apps: readonly AppRule[], named: readonly string[]): readonly string[] | null {
  if (apps.length === 0 || named.length === 0) return required
  const all = new Set(required)
  for (const text of named) {
    const { app, version } = appNamed(text)
    const rule = apps.find((each) => each.app === app)
    if (rule === undefined || (rule.versions !== null && (version === null || !rule.versions.includes(version)))) return null
    for (const type of rule.required) all.add(type)
  }
  return [...all]
}

export interface SettingsChange {
  path: string
  from: unknown
  to: unknown
}

/** What a file would change, leaf by leaf; lists are compared as a whole. */
export function settingsDiff(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): SettingsChange[] {
  const changes: SettingsChange[] = []
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)].sort())) {
    const [from, to] = [before[path], after[path]]
    if (to === undefined || sameJson(from, to)) continue
    if (isPlain(from) && isPlain(to)) {
      for (const name of new Set([...Object.keys(from), ...Object.keys(to)].sort()))
        if (!sameJson(from[name], to[name])) changes.push({ path: `${path}.${name}`, from: from[name] ?? null, to: to[name] ?? null })
    } else changes.push({ path, from: from ?? null, to })
  }
  return changes
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (isPlain(a) && isPlain(b)) return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => sameJson(a[name], b[name]))
  return a === b
}
