// Extensions of the Patient: known ones, and unknown ones of many value types, which a masker has to find by type rather than by name.
import { base64, utf8 } from './bytes.js'
import { patientOf, type Chart } from './chart.js'
import { spellPhone } from './numbers.js'
import type { Random } from './random.js'
import { isoDay } from './calendar.js'
import type { Coding } from './shape.js'
import { coding, v3 } from './shape.js'

const hl7 = 'http://hl7.org/fhir/StructureDefinition'
const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition'
const vendor = 'https://ehr.example.com/fhir/StructureDefinition'

const races: readonly { code: Coding; share: number }[] = [
  { code: coding(v3('Race'), '2106-3', 'White'), share: 62 },
  { code: coding(v3('Race'), '2054-5', 'Black or African American'), share: 17 },
  { code: coding(v3('Race'), '2028-9', 'Asian'), share: 9 },
  { code: coding(v3('Race'), '2131-1', 'Other Race'), share: 8 },
  { code: coding(v3('Race'), '1002-5', 'American Indian or Alaska Native'), share: 3 },
  { code: coding(v3('Race'), '2076-8', 'Native Hawaiian or Other Pacific Islander'), share: 1 },
]
const asian = new Set(['ja', 'zh', 'ko', 'hi'])
const hispanic = coding(v3('Ethnicity'), '2135-2', 'Hispanic or Latino')
const notHispanic = coding(v3('Ethnicity'), '2186-5', 'Not Hispanic or Latino')

export function patientExtensions(chart: Chart, random: Random): object[] {
  const { person } = chart
  const drawn = random.weigh(races, (one) => one.share).code
  const race = asian.has(person.pool.language) ? (races[2]?.code ?? drawn) : drawn
  const ethnicity = person.pool.language === 'es' ? hispanic : notHispanic
  const list: object[] = [
    { url: `${usCore}/us-core-race`, valueCodeableConcept: { coding: [race], text: 'race' } },
    { url: `${usCore}/us-core-ethnicity`, valueCodeableConcept: { coding: [ethnicity], text: 'ethnicity' } },
    { url: `${usCore}/us-core-birthsex`, valueCode: person.female ? 'F' : 'M' },
    { url: `${hl7}/patient-mothersMaidenName`, valueString: person.mothersMaidenName },
  ]
  if (random.chance(0.7))
    list.push({
      url: `${hl7}/birthPlace`,
      valueAddress: { city: person.address.city, district: person.address.district, state: person.address.state, country: 'US' },
    })
  if (random.chance(0.4)) list.push({ url: `${hl7}/patient-interpreterRequired`, valueBoolean: person.pool.language !== 'en-US' })
  return [...list, ...unknown(chart, random)]
}

/** Zero to three of the vendor's own. */
function unknown(chart: Chart, random: Random): object[] {
  const { person } = chart
  const { numbers } = person
  const kinds: readonly (() => object)[] = [
    () => ({ url: `${vendor}/ssn`, valueString: numbers.ssn }),
    () => ({ url: `${vendor}/ssn-number`, valueInteger: Number(numbers.ssn.replaceAll('-', '')) }),
    () => ({ url: `${vendor}/last-login-ip`, valueString: numbers.ip }),
    () => ({ url: `${vendor}/portal`, valueUri: `https://portal.example.org/p/${numbers.mrn}?user=${encodeURI(person.email)}` }),
    () => ({ url: `${vendor}/voiceprint`, valueIdentifier: { system: 'https://biometrics.example.org/voice', value: numbers.voiceprint } }),
    () => ({ url: `${vendor}/card`, valueBase64Binary: base64(utf8(`${person.names[0]?.text ?? ''}; ${numbers.ssn}`)) }),
    () => ({
      url: `${vendor}/alias`,
      valueHumanName: {
        use: 'anonymous',
        text: `${person.latin.given} ${person.latin.family}`,
        family: [person.latin.family],
        given: [person.latin.given],
      },
    }),
    () => ({ url: `${vendor}/callback`, valueContactPoint: { system: 'phone', value: spellPhone(numbers.workPhone, random.int(0, 5)) } }),
    () => ({ url: `${vendor}/moved-in`, valueDate: isoDay(person.since) }),
    () => ({ url: `${vendor}/self`, valueReference: patientOf(chart, true) }),
    () => ({
      url: `${vendor}/vehicle`,
      extension: [
        { url: 'vin', valueString: numbers.vin },
        { url: 'plate', valueCode: numbers.plate },
        { url: 'owner', extension: [{ url: 'name', valueString: person.names[0]?.text ?? '' }] },
      ],
    }),
  ]
  return Array.from({ length: random.int(0, 3) }, () => random.pick(kinds)())
}
