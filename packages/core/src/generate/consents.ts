// Consents as Contracts of the form that the platform reads. A withdrawal is a Contract of its own, written later: it ends all that came
// before it, and sending the whole stream again changes nothing.
import { consentStatusUrl, consentTypeSystem, studyIdUrl } from '../consent/index.js'
import { isoDay, plusYears } from './calendar.js'
import { houseOf, link, momentOf, patientOf, type Chart } from './chart.js'
import { facilityPlaces } from './places.js'
import type { PersonPlan } from './person.js'
import { hashOf, openRandom } from './random.js'
import { coding, type Resource } from './shape.js'

/** How a person stands to a study; `missing` was never asked. */
export type Standing = 'active' | 'proposed' | 'expired' | 'withdrawn' | 'missing'

export interface ConsentPlan {
  study: string
  types: readonly string[]
  standing: Standing
  enrolledOn: number
  /** when a withdrawal or the end of the period took effect; else null */
  changedOn: number | null
  form: number
}

export interface StudySetting {
  id: string
  consents: readonly string[]
}

const inFifty: readonly Standing[] = ['withdrawn', 'expired', 'proposed', 'missing', 'withdrawn', 'expired', 'proposed', 'missing']

export function planConsent(person: PersonPlan, study: StudySetting, setting: { seed: string; asOf: number }): ConsentPlan {
  const random = openRandom(`${person.stream}|consent|${study.id}`)
  const slot = (person.index * 11 + hashOf(`${setting.seed}|${study.id}`)) % 50
  const standing = person.deathDay !== null ? 'active' : (inFifty[slot] ?? 'active')
  const late = (facilityPlaces[person.facility]?.openedYears ?? 5) < 1
  const lasting = standing === 'active' || standing === 'proposed' || standing === 'missing'
  const changedOn = lasting ? null : setting.asOf - random.int(2, late ? 25 : 150)
  const opened = late ? 80 : 300 - ((person.facility * 37) % 150)
  const asked = setting.asOf - Math.floor(opened * random.next() ** 0.8)
  const before = changedOn ?? person.deathDay
  const enrolledOn = before === null ? asked : Math.min(asked, before - random.int(10, late ? 40 : 110))
  return { study: study.id, types: study.consents, standing, enrolledOn, changedOn, form: enrolledOn > setting.asOf - 120 ? 2 : 1 }
}

/** What is on file when the person's data first arrives. */
export function firstContracts(chart: Chart, plan: ConsentPlan): Resource[] {
  if (plan.standing === 'missing') return []
  const status = plan.standing === 'proposed' ? 'proposed' : 'active'
  return plan.types.map((type) => contract(chart, plan, { type, status, key: 'first', end: null }))
}

/** What is written when the consent ends: a withdrawal of its own, or the first Contract with the end of its period. */
export function lastContracts(chart: Chart, plan: ConsentPlan): Resource[] {
  const { changedOn, standing, types } = plan
  if (changedOn === null) return []
  if (standing === 'expired') return types.map((type) => contract(chart, plan, { type, status: 'active', key: 'first', end: changedOn }))
  return types.slice(0, 1).map((type) => contract(chart, plan, { type, status: 'withdrawn', key: 'last', end: null }))
}

interface Terms {
  type: string
  status: 'active' | 'proposed' | 'withdrawn'
  key: 'first' | 'last'
  end: number | null
}

const signs = coding('http://hl7.org/fhir/contractsignertypecodes', '1.2.840.10065.1.12.1.7', 'Consent')

function contract(chart: Chart, plan: ConsentPlan, terms: Terms): Resource {
  const { person } = chart
  const random = openRandom(`${person.stream}|consent|${plan.study}|${terms.type}|${terms.key}`)
  const signed = terms.key === 'last' && plan.changedOn !== null ? plan.changedOn : plan.enrolledOn
  const guardian = person.relatives.find((relative) => relative.guardian)
  const signer = guardian ? link(chart, 'RelatedPerson', guardian.id, guardian.name.text) : patientOf(chart, true)
  // Drawn in every case, so that the Contract that ends has the id of the one that began.
  const limited = random.chance(0.3)
  const end = terms.end ?? (terms.status === 'active' && limited ? plusYears(signed, 5) : null)
  return {
    resourceType: 'Contract',
    id: random.uuid(),
    extension: [
      { url: consentStatusUrl, valueCode: terms.status },
      { url: studyIdUrl, valueString: plan.study },
    ],
    identifier: { system: 'https://consents.example.org', value: `CNS-${random.digits(9)}` },
    issued: momentOf(chart, signed, random.int(520, 1000)),
    applies: { start: isoDay(signed), ...(end !== null && { end: isoDay(end) }) },
    subject: [patientOf(chart)],
    authority: [houseOf(chart)],
    type: { coding: [{ system: consentTypeSystem, code: terms.type }] },
    ...(terms.status !== 'proposed' && {
      signer: [{ type: signs, party: signer, signature: guardian?.name.text ?? person.names[0]?.text ?? '' }],
    }),
    legal: [
      {
        contentAttachment: {
          contentType: 'text/html',
          url: `https://forms.example.org/consent/${plan.study.toLowerCase()}/v${plan.form}`,
          title: `Informed consent, version ${plan.form}`,
        },
      },
    ],
  }
}
