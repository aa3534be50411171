// What people share: facilities with their wards, practitioners (some work in two houses), payers, the sponsor, forms.
// Made from the seed alone, small, and kept for the whole run.
import { dayNumber, isoDay, type Zone } from './calendar.js'
import { drawAddress } from './address.js'
import { drawFamily, drawGiven, drawPool, fullName, asciiName, type PersonName } from './naming.js'
import { phone, spellPhone } from './numbers.js'
import { facilityPlaces, type FacilityPlace } from './places.js'
import { forms, type Form } from './questionnaires.js'
import { openRandom, type Random } from './random.js'
import type { Resource } from './shape.js'
import { base64, portrait } from './bytes.js'
import { concept, escape, narrative, rounded, snomed, v2 } from './shape.js'

export interface Practitioner {
  id: string
  name: PersonName
  role: 'doctor' | 'nurse'
  female: boolean
}

export interface Facility {
  id: string
  place: FacilityPlace
  zone: Zone
  clinic: string
  ward: string
  laboratory: { id: string; name: string }
  practitioners: Practitioner[]
  mrnSystem: string
}

interface Payer {
  id: string
  name: string
}

export interface World {
  facilities: readonly Facility[]
  payers: readonly Payer[]
  forms: Readonly<Record<Form['key'], string>>
  /** the resources of all these, in an order in which each names only earlier ones */
  resources: readonly Resource[]
}

export function openWorld(seed: string): World {
  const random = openRandom(`${seed}|world`)
  const resources: Resource[] = []
  const payers = ['Bluewater Mutual', 'Prairie Health Fund', 'Seniors Trust Plan'].map((name) => addPayer(random, name, resources))
  const facilities = facilityPlaces.map((place) => addFacility(random, place, resources))
  const visiting = facilities.map((facility) => facility.practitioners[0]).filter((one) => one !== undefined)
  for (const [at, facility] of facilities.entries()) {
    const guest = visiting[(at + 1) % visiting.length]
    if (guest && at % 2 === 0) facility.practitioners.push(guest)
  }
  resources.push(
    ...facilities.flatMap((facility, at) => facility.practitioners.slice(0, 4).map((one) => practitioner(random, one, facility, at === 0))),
  )
  const ids = Object.fromEntries(forms.map((form) => [form.key, addForm(random, form, resources)])) as Record<Form['key'], string>
  return { facilities, payers, forms: ids, resources }
}

function addPayer(random: Random, name: string, resources: Resource[]): Payer {
  const id = random.uuid()
  const type = concept('http://hl7.org/fhir/organization-type', 'ins', 'Insurance Company')
  resources.push({
    resourceType: 'Organization',
    id,
    identifier: [{ system: 'https://payers.example.org/id', value: `PAY${random.digits(6)}` }],
    active: true,
    type,
    name,
  })
  return { id, name }
}

function addFacility(random: Random, place: FacilityPlace, resources: Resource[]): Facility {
  const id = random.uuid()
  const laboratory = { id: random.uuid(), name: `${place.name} Laboratory` }
  const host = `https://${place.code.toLowerCase()}.example.org`
  const type = concept('http://hl7.org/fhir/organization-type', 'prov', 'Healthcare Provider')
  const address = drawAddress(random, place)
  const postal = {
    use: 'work',
    line: address.lines,
    city: address.city,
    district: address.district,
    state: address.state,
    postalCode: address.zip,
    country: 'US',
  }
  const desk = phone(random)
  const contactName = fullName('official', [drawFamily(drawPool(random), random).latin], [drawGiven(drawPool(random), true, random).latin])
  resources.push({
    resourceType: 'Organization',
    id,
    identifier: [{ use: 'official', system: 'http://hl7.org/fhir/sid/us-npi', value: `1${random.digits(9)}` }],
    active: true,
    type,
    name: place.name,
    telecom: [
      { system: 'phone', value: spellPhone(desk, 0), use: 'work' },
      { system: 'other', value: `${host}/`, use: 'work' },
    ],
    address: [postal],
    contact: [
      {
        name: { family: contactName.family, given: contactName.given, text: contactName.text },
        telecom: [{ system: 'email', value: `desk@${place.code.toLowerCase()}.example.org`, use: 'work' }],
      },
    ],
  })
  resources.push({
    resourceType: 'Organization',
    id: laboratory.id,
    active: true,
    type: concept('http://hl7.org/fhir/organization-type', 'dept', 'Hospital Department'),
    name: laboratory.name,
    partOf: { reference: `Organization/${id}`, display: place.name },
  })
  const rooms = ['Outpatient clinic', 'Ward 2 East'].map((name) => addLocation(random, place, name, { id, postal, host }, resources))
  const practitioners = Array.from({ length: 4 }, (_, at): Practitioner => drawPractitioner(random, at))
  return { id, place, zone: place.zone, clinic: rooms[0] ?? '', ward: rooms[1] ?? '', laboratory, practitioners, mrnSystem: `${host}/mrn` }
}

interface House {
  id: string
  postal: object
  host: string
}

function addLocation(random: Random, place: FacilityPlace, name: string, house: House, resources: Resource[]): string {
  const id = random.uuid()
  const town = place.towns[0]
  resources.push({
    resourceType: 'Location',
    id,
    status: 'active',
    name: `${place.name}, ${name}`,
    mode: 'instance',
    telecom: [{ system: 'phone', value: spellPhone(phone(random), 1), use: 'work' }],
    address: house.postal,
    physicalType: concept(
      'http://hl7.org/fhir/location-physical-type',
      name.startsWith('Ward') ? 'wi' : 'bu',
      name.startsWith('Ward') ? 'Wing' : 'Building',
    ),
    position: { longitude: rounded((town?.longitude ?? 0) + 0.00123, 5), latitude: rounded((town?.latitude ?? 0) + 0.00217, 5) },
    managingOrganization: { reference: `Organization/${house.id}`, display: place.name },
  })
  return id
}

function drawPractitioner(random: Random, at: number): Practitioner {
  const pool = drawPool(random)
  const female = random.chance(0.5)
  const family = drawFamily(pool, random)
  const given = drawGiven(pool, female, random)
  const role = at === 3 ? 'nurse' : 'doctor'
  const name = { ...fullName('official', [family.latin], [given.latin]), ...(role === 'doctor' && { prefix: ['Dr.'] }) }
  return { id: random.uuid(), name, role, female }
}

function practitioner(random: Random, one: Practitioner, facility: Facility, photographed: boolean): Resource {
  const { name, role } = one
  const family = name.family[0] ?? ''
  const handle = asciiName(`${name.given[0] ?? ''}${family}`)
  const code = role === 'doctor' ? concept(v2('0360/2.7'), 'MD', 'Doctor of Medicine') : concept(v2('0360/2.7'), 'RN', 'Registered Nurse')
  const home = drawAddress(random, facility.place)
  return {
    resourceType: 'Practitioner',
    id: one.id,
    text: narrative(`<p>${escape(`${name.prefix?.[0] ?? ''} ${name.text}`.trim())}; ${role} at this house</p>`),
    identifier: [
      { use: 'official', system: 'http://hl7.org/fhir/sid/us-npi', value: `1${random.digits(9)}` },
      {
        type: concept(v2('0203'), 'DEA', 'Drug Enforcement Administration registration number'),
        system: 'https://dea.example.gov',
        value: `A${family.slice(0, 1).toUpperCase()}${random.digits(7)}`,
      },
    ],
    active: true,
    name: { use: 'official', family: name.family, given: name.given, ...(name.prefix && { prefix: name.prefix }), text: name.text },
    telecom: [
      { system: 'phone', value: spellPhone(phone(random), 0), use: 'work' },
      { system: 'email', value: `${handle}@${facility.place.code.toLowerCase()}.example.org`, use: 'work' },
      { system: 'pager', value: phone(random), use: 'work' },
    ],
    address: [{ use: 'home', line: home.lines, city: home.city, state: home.state, postalCode: home.zip }],
    gender: one.female ? 'female' : 'male',
    birthDate: isoDay(dayNumber(random.int(1956, 1992), random.int(1, 12), random.int(1, 28))),
    ...(photographed && { photo: [{ contentType: 'image/bmp', data: base64(portrait(random)) }] }),
    practitionerRole: [
      {
        managingOrganization: { reference: `Organization/${facility.id}`, display: facility.place.name },
        role: concept('http://hl7.org/fhir/practitioner-role', role, role === 'doctor' ? 'Doctor' : 'Nurse'),
        specialty: [
          role === 'doctor' ? concept(snomed, '419192003', 'Internal medicine') : concept(snomed, '394814009', 'General practice'),
        ],
        location: [{ reference: `Location/${facility.clinic}` }],
      },
    ],
    qualification: [
      {
        identifier: [
          {
            type: concept(v2('0203'), 'MD', 'Medical License number'),
            system: 'https://board.example.gov/licence',
            value: `ML${random.digits(8)}`,
          },
        ],
        code,
      },
    ],
  }
}

function addForm(random: Random, form: Form, resources: Resource[]): string {
  const id = random.uuid()
  resources.push({
    resourceType: 'Questionnaire',
    id,
    identifier: [{ system: 'https://forms.example.org', value: `form-${form.key}` }],
    version: '2',
    status: 'published',
    publisher: 'Example Forms Office',
    subjectType: ['Patient'],
    group: {
      linkId: form.linkId,
      title: form.title,
      required: true,
      ...(form.concept && { concept: [form.concept] }),
      question: form.items.map((item) => ({
        linkId: item.linkId,
        ...(item.concept && { concept: [item.concept] }),
        text: item.text,
        type: item.type,
        ...(item.options && { option: item.options }),
      })),
    },
  })
  return id
}
