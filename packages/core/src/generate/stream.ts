// The stream of Bundles: first what all share, then person after person. Nothing is kept from one person to the next.
import { openChart, type ReferenceForm } from './chart.js'
import { firstContracts, lastContracts, planConsent, type StudySetting } from './consents.js'
import { parseDay } from './calendar.js'
import { planPerson } from './person.js'
import { bundleOf, writeLateReadings, writeRecord } from './record.js'
import type { Bundle, Resource } from './shape.js'
import { openWorld, type World } from './world.js'

/** The reference date unless another is asked for: the same seed gives the same bytes on any day. */
export const defaultAsOf = '2026-11-01'

export interface GenerateOptions {
  patients: number
  seed: string
  /** the day up to which records go, YYYY-MM-DD */
  asOf?: string
  /** with Contracts of this study; without, there are none */
  study?: StudySetting
}

export interface Setting {
  seed: string
  asOf: number
  world: World
  form: ReferenceForm
}

export function openSetting(options: Pick<GenerateOptions, 'seed' | 'asOf'>, form: ReferenceForm): Setting {
  const asOf = parseDay(options.asOf ?? defaultAsOf)
  if (asOf === null) throw new RangeError('asOf is not a date of the form YYYY-MM-DD')
  return { seed: options.seed, asOf, world: openWorld(options.seed), form }
}

/** Bundles of type collection. Constants within are frozen and shared: read, serialise, but do not change in place. */
export function* generateBundles(options: GenerateOptions, form: ReferenceForm = 'urn'): Generator<Bundle> {
  const setting = openSetting(options, form)
  yield bundleOf(setting.world.resources)
  for (let index = 0; index < options.patients; index++) yield* personBundles(index, setting, options.study)
}

/** The same resources one by one, naming each other as `Type/id`. */
export function* generateResources(options: GenerateOptions): Generator<Resource> {
  for (const bundle of generateBundles(options, 'relative')) for (const { resource } of bundle.entry) yield resource
}

function* personBundles(index: number, setting: Setting, study: StudySetting | undefined): Generator<Bundle> {
  const person = planPerson(index, setting)
  if (!study) {
    yield bundleOf(writeRecord(openChart(person, setting.world, setting)))
    return
  }
  const consent = planConsent(person, study, setting)
  const { changedOn } = consent
  const chart = openChart(changedOn === null ? person : { ...person, until: Math.min(person.until, changedOn) }, setting.world, setting)
  const first = consent.standing === 'expired' ? lastContracts(chart, consent) : firstContracts(chart, consent)
  yield bundleOf([...first, ...writeRecord(chart)])
  if (consent.standing !== 'withdrawn' || changedOn === null) return
  yield bundleOf(lastContracts(chart, consent))
  yield bundleOf(writeLateReadings(chart, changedOn))
}
