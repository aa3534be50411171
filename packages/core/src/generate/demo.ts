// What is loaded into the studies of the demonstration, stage by stage.
import { isoDay } from './calendar.js'
import { openChart, type Chart } from './chart.js'
import { firstContracts, lastContracts, planConsent, type ConsentPlan, type Standing } from './consents.js'
import { demoStudies, type DemoSite, type DemoStudy } from './demo-studies.js'
import { isTwinPair, planPerson, type PersonPlan } from './person.js'
import { openRandom } from './random.js'
import { bundleOf, writeLateReadings, writeRecord } from './record.js'
import type { Bundle } from './shape.js'
import { openSetting, type Setting } from './stream.js'

export type DemoStage = 'shared' | 'people' | 'changes' | 'late'

export interface DemoLoad {
  stage: DemoStage
  /** null: what all studies share */
  study: string | null
  site: string | null
  /** the day on which it would have arrived */
  on: string
  /** refused where no consent is active: so that the list of refused writes is not empty */
  expect: 'stored' | 'refused'
  bundle: Bundle
}

export interface DemoOptions {
  patients: number
  seed: string
  asOf?: string
}

export interface DemoPerson {
  study: string
  site: string
  patientId: string
  standing: Standing
  enrolledOn: string
  changedOn: string | null
}

/**
 * What to load, in this order: what all share; people with what is on file for them; changes of consent; readings that arrive after the
 * end of a consent. Within a stage ordered by study and site, so that neighbours can be loaded as one import.
 */
export function* demoLoads(options: DemoOptions): Generator<DemoLoad> {
  const setting = openSetting(options, 'relative')
  yield {
    stage: 'shared',
    study: null,
    site: null,
    on: isoDay(setting.asOf - 310),
    expect: 'stored',
    bundle: bundleOf(setting.world.resources),
  }
  for (const load of [peopleOf, changesOf, lateOf]) for (const member of members(options, setting)) yield* load(member, setting)
}

/** How the people stand, without their records: what figures can be compared with. */
export function* demoPeople(options: DemoOptions): Generator<DemoPerson> {
  for (const { study, site, person, consent } of members(options, openSetting(options, 'relative'))) {
    const { standing, enrolledOn, changedOn } = consent
    const changed = changedOn === null ? null : isoDay(changedOn)
    yield { study: study.request.id, site: site.id, patientId: person.id, standing, enrolledOn: isoDay(enrolledOn), changedOn: changed }
  }
}

export interface DemoPersonalUser {
  user: string
  name: string
  role: 'patient' | 'guardian'
  studies: readonly string[]
  /** the FHIR resource the user is */
  actor: string
  /** whom a guardian stands in for, and why */
  wards: readonly { patientId: string; basis: 'minority' | 'non-competence'; finding?: string }[]
}

/** Who signs in for himself or for somebody else: a person of as many studies as there are, and a guardian of a child and of an adult. */
export function demoPersonalUsers(options: DemoOptions): DemoPersonalUser[] {
  const enrolled = new Map<string, { person: PersonPlan; studies: string[] }>()
  for (const { study, person, consent } of members(options, openSetting(options, 'relative'))) {
    if (consent.standing !== 'active' || person.deathDay !== null || person.names.length === 0) continue
    const studies = [...(enrolled.get(person.id)?.studies ?? []), study.request.id]
    enrolled.set(person.id, { person, studies })
  }
  const people = [...enrolled.values()]
  const adults = people.filter(({ person }) => !person.minor && !person.incapacitated)
  const own = adults.toSorted((a, b) => b.studies.length - a.studies.length)[0]
  return [...(own === undefined ? [] : [patientUser(own.person, own.studies)]), ...guardianUser(people)]
}

const patientUser = (person: PersonPlan, studies: readonly string[]): DemoPersonalUser => ({
  user: 'pat',
  name: person.names[0]?.text ?? 'Pat',
  role: 'patient',
  studies,
  actor: `Patient/${person.id}`,
  wards: [],
})

function guardianUser(people: readonly { person: PersonPlan; studies: string[] }[]): DemoPersonalUser[] {
  const child = people.find(({ person }) => person.minor && person.relatives.some((relative) => relative.guardian))
  const guardian = child?.person.relatives.find((relative) => relative.guardian)
  if (child === undefined || guardian === undefined) return []
  const adult = people.find(({ person }) => person.incapacitated && !person.minor)
  return [
    {
      user: 'gwen',
      name: guardian.name.text,
      role: 'guardian',
      studies: [...new Set([...child.studies, ...(adult?.studies ?? [])])],
      actor: `RelatedPerson/${guardian.id}`,
      wards: [
        { patientId: child.person.id, basis: 'minority' },
        ...(adult === undefined
          ? []
          : [{ patientId: adult.person.id, basis: 'non-competence' as const, finding: 'guardianship order of the county court' }]),
      ],
    },
  ]
}

interface Member {
  study: DemoStudy
  site: DemoSite
  person: PersonPlan
  consent: ConsentPlan
  /** the study for whose disease the person was chosen */
  home: DemoStudy
}

/** Each person belongs to one study; a few of the first are in the second too, with the same record. */
function* members(options: DemoOptions, setting: Setting): Generator<Member> {
  for (const study of demoStudies) {
    for (const site of study.sites) {
      for (let index = 0; index < options.patients; index++) {
        const home = homeOf(index, options.patients, setting.seed)
        const both = index % 29 === 3 && study === demoStudies[1]
        if (home.facility !== site.facility || (home.study !== study && !both)) continue
        const person = planPerson(index, { ...setting, facility: site.facility, diedWithin: 200 })
        const consent = planConsent(person, { id: study.request.id, consents: study.request.required }, setting)
        yield { study, site, person, consent, home: home.study }
      }
    }
  }
}

function homeOf(index: number, patients: number, seed: string): { study: DemoStudy; facility: number } {
  const pair = Math.floor(index / 2)
  const [first, second] = demoStudies as [DemoStudy, DemoStudy]
  const study = pair * 2 < Math.round(patients * first.share) ? first : second
  const random = openRandom(`${seed}|site|${isTwinPair(seed, pair) ? `pair ${pair}` : index}`)
  return { study, facility: random.weigh(study.sites, (site) => site.share).facility }
}

function chartOf(member: Member, setting: Setting): Chart {
  const { person, consent, home } = member
  const until = Math.min(person.until, consent.changedOn ?? person.until)
  const focused = openRandom(`${person.stream}|focus`).chance(0.85)
  return openChart({ ...person, until }, setting.world, { form: setting.form, focus: focused ? home.focus : undefined })
}

function* peopleOf(member: Member, setting: Setting): Generator<DemoLoad> {
  const { study, site, consent } = member
  const chart = chartOf(member, setting)
  const at = { stage: 'people' as const, study: study.request.id, site: site.id, on: isoDay(consent.enrolledOn) }
  const contracts = firstContracts(chart, consent)
  const record = writeRecord(chart)
  if (consent.standing === 'proposed') yield { ...at, expect: 'stored', bundle: bundleOf(contracts) }
  if (consent.standing === 'proposed' || consent.standing === 'missing') yield { ...at, expect: 'refused', bundle: bundleOf(record) }
  else yield { ...at, expect: 'stored', bundle: bundleOf([...contracts, ...record]) }
}

function* changesOf(member: Member, setting: Setting): Generator<DemoLoad> {
  const { study, site, consent } = member
  if (consent.changedOn === null) return
  const bundle = bundleOf(lastContracts(chartOf(member, setting), consent))
  yield { stage: 'changes', study: study.request.id, site: site.id, on: isoDay(consent.changedOn), expect: 'stored', bundle }
}

function* lateOf(member: Member, setting: Setting): Generator<DemoLoad> {
  const { study, site, consent } = member
  if (consent.changedOn === null) return
  const bundle = bundleOf(writeLateReadings(chartOf(member, setting), consent.changedOn))
  yield { stage: 'late', study: study.request.id, site: site.id, on: isoDay(consent.changedOn + 2), expect: 'refused', bundle }
}
