// Free text as people write it: identifiers in many spellings amid ordinary words, and ordinary remarks that hold none.
import { isoDay } from './calendar.js'
import { titled, type Chart } from './chart.js'
import { asciiName } from './naming.js'
import { spellPhone, spellSsn } from './numbers.js'
import { spellDate } from './person.js'
import { addressText } from './address.js'
import type { Random } from './random.js'

const harmless = [
  'Tolerated well, no complaints.',
  'Sitting, left arm, after five minutes of rest.',
  'Repeat in three months.',
  'Taken at home before breakfast.',
  'Sample slightly haemolysed.',
  'Discussed diet and exercise.',
  'No change since the last visit.',
  'Cuff size large.',
]

/** A remark; more often than not it names somebody or something. */
export function aside(chart: Chart, random: Random, day: number): string {
  return random.chance(0.3) ? random.pick(harmless) : telling(chart, random, day)
}

export function plain(random: Random): string {
  return random.pick(harmless)
}

type Teller = (chart: Chart, style: number, day: number) => string

const tellers: readonly Teller[] = [
  (chart, style) => `Called ${spoken(chart, style)} on ${spellPhone(chart.person.numbers.mobilePhone, style)}, left a message.`,
  (chart, style) =>
    `${spoken(chart, style)}, DOB ${spellDate(chart.person.birthDay, style)}, MRN ${chart.person.numbers.mrn}: identity checked at the desk.`,
  (chart, style) =>
    `Insurance card shows ssn${spellSsn(chart.person.numbers.ssn, style)}; plan number ${chart.person.numbers.beneficiary}.`,
  (chart, style) =>
    `Results mailed to ${addressText(chart.person.address)} and to ${style % 2 ? chart.person.email : chart.person.email.toUpperCase()}.`,
  (chart, style) =>
    `${relativeOf(chart)} phoned from ${spellPhone(chart.person.relatives[0]?.phone ?? chart.person.numbers.homePhone, style)} about ${firstName(chart)}.`,
  (chart, style) => `Faxed to ${spellPhone(chart.person.numbers.fax, style)} for ${doctorOf(chart, style)}.`,
  (chart) => `Cuff s/n ${chart.person.numbers.deviceSerial} replaced; the old one was uploading from ${chart.person.numbers.ip}.`,
  (chart) =>
    `Parks a car with plate ${chart.person.numbers.plate} on the disabled bay; driver licence ${chart.person.numbers.licence} seen.`,
  (chart, style) =>
    `mrn${chart.person.numbers.mrn.toLowerCase()} ${chart.person.latin.family.toUpperCase()},${chart.person.latin.given.toUpperCase()} seen ${spellDate(chart.visits[0]?.day ?? chart.person.since, style)}.`,
  (chart, style) =>
    `${chart.person.age > 89 ? `${chart.person.age} y.o., the oldest on the street` : 'Works'} at ${chart.person.employer}, staff no ${chart.person.numbers.employee}${style % 2 ? '' : `, badge ${chart.person.numbers.loyalty}`}.`,
  (chart) =>
    `Portal account ${asciiName(chart.person.latin.given)}.${asciiName(chart.person.latin.family)} signed in from ${chart.person.numbers.ipv6}; page ${chart.person.url}.`,
  (chart) => `Mother born ${chart.person.mothersMaidenName}. Lives at ${chart.person.address.lines[0]} in ${chart.person.address.city}.`,
  (chart, style, day) =>
    `On ${spellDate(day - 3, style)} ${firstName(chart)} was admitted elsewhere, visit no ${chart.person.numbers.accession}.`,
]

export function telling(chart: Chart, random: Random, day: number): string {
  return random.pick(tellers)(chart, random.int(0, 11), day)
}

/** A longer note that holds most of what identifies somebody. */
export function letter(chart: Chart, random: Random, day: number): string {
  const { person } = chart
  const style = random.int(0, 11)
  return [
    `${chart.facility.place.name}, ${isoDay(day)}`,
    `Re: ${person.names[0]?.text ?? ''} (also ${person.latin.family}, ${person.latin.given}), born ${spellDate(person.birthDay, style)}`,
    `MRN ${person.numbers.mrn}; SSN ${spellSsn(person.numbers.ssn, style)}; account ${person.numbers.account}`,
    `Address: ${addressText(person.address)}; phone ${spellPhone(person.numbers.homePhone, style)}; fax ${spellPhone(person.numbers.fax, style + 1)}`,
    `Dear colleague, thank you for seeing ${firstName(chart)}. ${telling(chart, random, day)}`,
    `Kind regards, ${titled(random.pick(chart.facility.practitioners))}`,
  ].join('\n')
}

/** The name in one of the ways in which it is spoken or filed. */
function spoken(chart: Chart, style: number): string {
  const { names, latin } = chart.person
  const written = names[0]?.text ?? ''
  const ways = [written, `${latin.family}, ${latin.given}`, latin.family.toUpperCase(), `${latin.given.charAt(0)}. ${latin.family}`]
  return [...ways, latin.family.normalize('NFKD').replace(/[\u0300-\u036f]/g, ''), `${latin.given} ${latin.family.toLowerCase()}`][
    style % 6
  ] as string
}

function doctorOf(chart: Chart, style: number): string {
  const practitioner = chart.facility.practitioners[style % 3]
  return practitioner ? titled(practitioner) : 'the doctor'
}

function firstName(chart: Chart): string {
  return chart.person.latin.given
}

function relativeOf(chart: Chart): string {
  const relative = chart.person.relatives[0]
  return relative
    ? `${relative.name.text} (${relative.kind})`
    : `A neighbour, ${chart.person.pool.key === 'words' ? 'Mr. Lantern' : 'Mrs. Thimble'},`
}
