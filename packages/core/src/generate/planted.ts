// The identifiers of each person by the classes of the safe harbour rule (45 CFR 164.514(b)(2)(i), A to R), as the plan holds them:
// the ground truth for leak tests. Not every one of them stands in the person's record; each class stands in many records.
import { isoDay } from './calendar.js'
import { planPerson, type PersonPlan } from './person.js'
import { openSetting, type GenerateOptions } from './stream.js'

export const identifierClasses = {
  A: 'names',
  B: 'places smaller than a state',
  C: 'dates, and ages over 89',
  D: 'telephone numbers',
  E: 'fax numbers',
  F: 'email addresses',
  G: 'Social Security numbers',
  H: 'medical record numbers',
  I: 'health plan beneficiary numbers',
  J: 'account numbers',
  K: 'certificate and licence numbers',
  L: 'vehicle identifiers and licence plates',
  M: 'device identifiers and serial numbers',
  N: 'web addresses',
  O: 'network addresses',
  P: 'biometric identifiers',
  Q: 'face photographs',
  R: 'any other unique number or code',
} as const

export type IdentifierClass = keyof typeof identifierClasses

export interface PlantedIdentifier {
  patientId: string
  class: IdentifierClass
  /** digits without separators for telephone, fax and Social Security numbers; for a photograph the start of its title */
  value: string
}

export function* plantedIdentifiers(options: GenerateOptions): Generator<PlantedIdentifier> {
  const setting = openSetting(options, 'urn')
  for (let index = 0; index < options.patients; index++) {
    const person = planPerson(index, setting)
    for (const [key, values] of Object.entries(valuesOf(person)) as [IdentifierClass, readonly string[]][]) {
      for (const value of values) yield { patientId: person.id, class: key, value }
    }
  }
}

function valuesOf(person: PersonPlan): Record<IdentifierClass, readonly string[]> {
  const { numbers, names, address, relatives } = person
  const official = names[0]?.text ?? ''
  return {
    A: [
      ...new Set([
        official,
        ...names.flatMap((name) => [...name.family, ...name.given]),
        person.mothersMaidenName,
        ...relatives.map((one) => one.name.text),
      ]),
    ],
    B: [address.lines[0] ?? '', address.city, address.district, address.zip, String(address.latitude), String(address.longitude)],
    C: [
      isoDay(person.birthDay),
      ...(person.deathDay === null ? [] : [isoDay(person.deathDay)]),
      ...(person.age > 89 ? [String(person.age)] : []),
    ],
    D: [numbers.homePhone, numbers.mobilePhone, numbers.workPhone, ...relatives.map((one) => one.phone)],
    E: [numbers.fax],
    F: [person.email, ...(person.workEmail ? [person.workEmail] : []), ...relatives.map((one) => one.email)],
    G: [numbers.ssn.replaceAll('-', '')],
    H: [numbers.mrn],
    I: [numbers.beneficiary, numbers.planGroup],
    J: [numbers.account],
    K: [numbers.licence, numbers.passport],
    L: [numbers.vin, numbers.plate],
    M: [numbers.deviceSerial, numbers.deviceUdi, numbers.implantSerial, numbers.implantUdi],
    N: [person.url],
    O: [numbers.ip, numbers.ipv6],
    P: [numbers.fingerprint, numbers.voiceprint],
    Q: person.photographed ? [`${official}.bmp`] : [],
    R: [numbers.employee, numbers.loyalty, numbers.accession, person.id],
  }
}
