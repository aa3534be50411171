// The Patient resource, and the RelatedPersons and FamilyMemberHistories around it: the densest place of identifiers.
import { isoDay } from './calendar.js'
import { houseOf, link, momentOf, patientOf, practitionerOf, streamOf, type Chart } from './chart.js'
import { base64, portrait } from './bytes.js'
import { spellPhone, spellSsn } from './numbers.js'
import { addressText, type PersonAddress } from './address.js'
import type { PersonName } from './naming.js'
import type { Random } from './random.js'
import type { Concept, Resource } from './shape.js'
import { concept, escape, narrative, rounded, v2, v3 } from './shape.js'
import { patientExtensions } from './extensions.js'

const idType = (code: string, display: string): Concept => concept(v2('0203'), code, display)

const idTypes = {
  record: idType('MR', 'Medical record number'),
  social: concept('http://hl7.org/fhir/identifier-type', 'SB', 'Social Beneficiary Identifier'),
  licence: idType('DL', "Driver's license number"),
  passport: idType('PPN', 'Passport number'),
  member: idType('MB', 'Member Number'),
  account: idType('AN', 'Account number'),
  employee: idType('EI', 'Employee number'),
} as const

export function addPatient(chart: Chart): void {
  const random = streamOf(chart, 'patient')
  const { person } = chart
  const resource: Resource = {
    resourceType: 'Patient',
    id: person.id,
    meta: { security: [testData] },
    text: narrative(describe(chart, random)),
    extension: patientExtensions(chart, random),
    identifier: identifiers(chart, random),
    active: person.deathDay === null,
    name: person.names.map((name, at) => written(name, random, at)),
    telecom: telecom(chart, random),
    gender: person.gender,
    birthDate: isoDay(person.birthDay),
    address: addresses(chart, random),
    managingOrganization: houseOf(chart, random.chance(0.3)),
  }
  if (random.chance(0.7)) {
    const value = momentOf(chart, person.birthDay, person.birthMinute)
    resource._birthDate = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: value }] }
  }
  if (person.deathDay !== null)
    Object.assign(
      resource,
      random.chance(0.92) ? { deceasedDateTime: momentOf(chart, person.deathDay, person.birthMinute) } : { deceasedBoolean: true },
    )
  if (person.age >= 18) resource.maritalStatus = maritalOf(chart, random)
  if (person.twin !== null) resource.multipleBirthInteger = person.twin
  else if (random.chance(0.3)) resource.multipleBirthBoolean = false
  if (person.photographed)
    resource.photo = [{ contentType: 'image/bmp', data: base64(portrait(random)), title: `${person.names[0]?.text ?? ''}.bmp` }]
  if (person.relatives.length) resource.contact = contacts(chart)
  resource.communication = [{ language: languages[person.pool.language] ?? languages['en-US'], preferred: true }]
  if (random.chance(0.6)) resource.careProvider = [practitionerOf(random.pick(chart.facility.practitioners), true)]
  chart.resources.push(resource)
}

const testData = Object.freeze({ system: v3('ActReason'), code: 'HTEST', display: 'test health data' })

const language = (code: string, display: string) => concept('urn:ietf:bcp:47', code, display)
const languages: Readonly<Record<string, Concept>> = {
  'en-US': language('en-US', 'English (United States)'),
  es: language('es', 'Spanish'),
  ja: language('ja', 'Japanese'),
  zh: language('zh', 'Chinese'),
  ko: language('ko', 'Korean'),
  ru: language('ru', 'Russian'),
  el: language('el', 'Greek'),
  ar: language('ar', 'Arabic'),
  he: language('he', 'Hebrew'),
  hi: language('hi', 'Hindi'),
}

function describe(chart: Chart, random: Random): string {
  const { person } = chart
  const name = escape(person.names[0]?.text ?? '')
  const { numbers } = person
  return (
    `<h3>Name: ${name}</h3><table><tbody>` +
    `<tr><td>born</td><td>${isoDay(person.birthDay)}</td></tr>` +
    `<tr><td>lives at</td><td>${escape(addressText(person.address))}</td></tr>` +
    `<tr><td>numbers</td><td>MRN ${numbers.mrn}; SSN ${spellSsn(numbers.ssn, random.int(0, 1))}; phone ${spellPhone(numbers.homePhone, random.int(0, 5))}</td></tr>` +
    `</tbody></table>${person.photographed ? `<img src="#photo" alt="${name}" title="face of ${name}"/>` : ''}`
  )
}

function written(name: PersonName, random: Random, at: number): object {
  const { use, family, given, prefix, suffix, text } = name
  const gap = at === 0 && family.length === 2 && random.chance(0.5)
  return {
    use,
    ...(random.chance(0.7) && { text }),
    ...(family.length && { family }),
    ...(gap && {
      _family: [null, { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier', valueCode: 'BR' }] }],
    }),
    given,
    ...(prefix && { prefix }),
    ...(suffix && { suffix }),
  }
}

function identifiers(chart: Chart, random: Random): object[] {
  const { numbers, age, photographed } = chart.person
  const list: object[] = [
    { use: 'usual', type: idTypes.record, system: chart.facility.mrnSystem, value: numbers.mrn, assigner: houseOf(chart, true) },
    { use: 'official', type: idTypes.social, system: 'http://hl7.org/fhir/sid/us-ssn', value: spellSsn(numbers.ssn, random.int(0, 1)) },
    { type: idTypes.member, system: 'https://payers.example.org/member', value: numbers.beneficiary },
  ]
  if (age >= 17) list.push({ type: idTypes.licence, system: 'https://dmv.example.gov/licence', value: numbers.licence })
  if (random.chance(0.35)) list.push({ type: idTypes.passport, system: 'https://passports.example.gov', value: numbers.passport })
  if (random.chance(0.3)) list.push({ type: idTypes.account, system: `${chart.facility.mrnSystem}/billing`, value: numbers.account })
  if (age >= 20 && random.chance(0.25))
    list.push({ type: idTypes.employee, value: numbers.employee, assigner: { display: chart.person.employer } })
  if (age >= 17 && random.chance(0.3))
    list.push({ type: { text: 'Vehicle identification number' }, system: 'https://dmv.example.gov/vin', value: numbers.vin })
  if (age >= 17 && random.chance(0.25))
    list.push({ type: { text: 'Licence plate' }, system: 'https://dmv.example.gov/plate', value: numbers.plate })
  if (random.chance(0.12) || photographed)
    list.push({ type: { text: 'Fingerprint template' }, system: 'https://biometrics.example.org/finger', value: numbers.fingerprint })
  if (random.chance(0.2)) list.push({ use: 'secondary', type: { text: 'Pharmacy loyalty card' }, value: numbers.loyalty })
  return list
}

function telecom(chart: Chart, random: Random): object[] {
  const { numbers, email, workEmail, url, minor, age } = chart.person
  const list: object[] = [{ system: 'phone', value: spellPhone(numbers.homePhone, random.int(0, 5)), use: 'home', rank: 1 }]
  if (!minor) list.push({ system: 'phone', value: spellPhone(numbers.mobilePhone, random.int(0, 5)), use: 'mobile' })
  if (age >= 10) list.push({ system: 'email', value: email, use: 'home' })
  if (workEmail)
    list.push(
      { system: 'email', value: workEmail, use: 'work' },
      { system: 'phone', value: spellPhone(numbers.workPhone, random.int(0, 5)), use: 'work' },
    )
  if (random.chance(0.3)) list.push({ system: 'fax', value: spellPhone(numbers.fax, random.int(0, 5)), use: 'home' })
  if (random.chance(0.25)) list.push({ system: 'other', value: url, use: 'home' })
  return list
}

function addresses(chart: Chart, random: Random): object[] {
  const { address, oldAddress, since } = chart.person
  const home = { use: 'home', ...postal(address), ...(random.chance(0.4) && { text: addressText(address) }) }
  const list: object[] = [{ ...home, ...(random.chance(0.7) && { extension: [geolocation(address)] }) }]
  if (oldAddress) list.push({ use: 'old', ...postal(oldAddress), period: { end: isoDay(since + 60) } })
  return list
}

function postal(address: PersonAddress): object {
  const { lines, city, district, state, zip, country } = address
  return { type: 'both', line: lines, city, district, state, postalCode: zip, country }
}

function geolocation(address: PersonAddress): object {
  return {
    url: 'http://hl7.org/fhir/StructureDefinition/geolocation',
    extension: [
      { url: 'latitude', valueDecimal: rounded(address.latitude, 6) },
      { url: 'longitude', valueDecimal: rounded(address.longitude, 6) },
    ],
  }
}

const marital = (code: string, display: string) => concept(v3('MaritalStatus'), code, display, display)
const maritalStates = {
  married: marital('M', 'Married'),
  single: marital('S', 'Never Married'),
  divorced: marital('D', 'Divorced'),
  widowed: marital('W', 'Widowed'),
}

function maritalOf(chart: Chart, random: Random): Concept {
  const { married, age } = chart.person
  if (married) return maritalStates.married
  if (age > 65 && random.chance(0.5)) return maritalStates.widowed
  return age > 30 && random.chance(0.35) ? maritalStates.divorced : maritalStates.single
}

const contactSystem = 'http://hl7.org/fhir/patient-contact-relationship'
const relations = {
  guardian: concept(contactSystem, 'guardian', 'Guardian'),
  family: concept(contactSystem, 'family', 'Family'),
  partner: concept(contactSystem, 'partner', 'Partner'),
  friend: concept(contactSystem, 'friend', 'Friend'),
  emergency: concept(contactSystem, 'emergency', 'Emergency'),
} as const

function contacts(chart: Chart): object[] {
  return chart.person.relatives.map((relative) => ({
    relationship: [
      relative.guardian ? relations.guardian : relative.kind === 'spouse' ? relations.partner : relations.family,
      relations.emergency,
    ],
    name: { family: relative.name.family, given: relative.name.given, text: relative.name.text },
    telecom: [{ system: 'phone', value: spellPhone(relative.phone, relative.name.text.length), use: 'mobile' }],
    gender: relative.female ? 'female' : 'male',
  }))
}

const roles = {
  mother: concept(v3('RoleCode'), 'MTH', 'mother'),
  father: concept(v3('RoleCode'), 'FTH', 'father'),
  grandmother: concept(v3('RoleCode'), 'GRMTH', 'grandmother'),
  spouse: concept(v3('RoleCode'), 'SPS', 'spouse'),
  daughter: concept(v3('RoleCode'), 'DAU', 'natural daughter'),
  son: concept(v3('RoleCode'), 'SON', 'natural son'),
  friend: concept(v3('RoleCode'), 'FRND', 'unrelated friend'),
} as const

export function addRelatives(chart: Chart): void {
  const random = streamOf(chart, 'related')
  const { person } = chart
  for (const relative of person.relatives) {
    chart.resources.push({
      resourceType: 'RelatedPerson',
      id: relative.id,
      ...(random.chance(0.4) && {
        text: narrative(`<p>Name: ${escape(relative.name.text)}; ${relative.kind} of ${escape(person.latin.given)}</p>`),
      }),
      patient: patientOf(chart, random.chance(0.6)),
      relationship: relative.guardian ? relations.guardian : roles[relative.kind],
      name: { use: 'official', family: relative.name.family, given: relative.name.given, text: relative.name.text },
      telecom: [
        { system: 'phone', value: spellPhone(relative.phone, random.int(0, 5)), use: 'mobile' },
        { system: 'email', value: relative.email, use: 'home' },
      ],
      gender: relative.female ? 'female' : 'male',
      birthDate: isoDay(relative.birthDay),
      ...(random.chance(0.7) && { address: [{ use: 'home', ...postal(person.address) }] }),
      period: { start: isoDay(Math.max(person.birthDay, person.since)), ...(relative.until !== null && { end: isoDay(relative.until) }) },
    })
  }
}

const ailments = {
  diabetes: concept('http://snomed.info/sct', '44054006', 'Diabetes mellitus type 2', 'Diabetes mellitus type 2'),
  stroke: concept('http://snomed.info/sct', '230690007', 'Cerebrovascular accident', 'Cerebrovascular accident'),
} as const

/** Parents as family history: name, birth year or age, what they had. */
export function addFamilyHistory(chart: Chart): void {
  const random = streamOf(chart, 'family')
  const { person } = chart
  if (person.age < 20 || !random.chance(0.35)) return
  const mother = random.chance(0.5)
  const old = person.age >= 60
  const when = old
    ? { ageQuantity: { value: random.int(84, 99), unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' } }
    : { bornString: `about ${1900 + random.int(30, 60)}` }
  chart.resources.push({
    resourceType: 'FamilyMemberHistory',
    id: random.uuid(),
    patient: patientOf(chart),
    date: isoDay(person.since + 5),
    status: 'completed',
    name: mother ? person.mothersMaidenName : `${random.pick(['old', 'the late'])} ${person.latin.family}`,
    relationship: mother ? roles.mother : roles.father,
    gender: mother ? 'female' : 'male',
    ...when,
    note: {
      authorReference: link(chart, 'Patient', person.id),
      text: `Told by ${person.latin.given}: both sides lived near ${person.address.city}.`,
    },
    condition: [
      {
        code: random.chance(0.6) ? ailments.diabetes : ailments.stroke,
        onsetQuantity: { value: random.int(45, 80), unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' },
      },
    ],
  })
}
