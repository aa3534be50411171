// Numbers that identify a person. All lie where no real one can: Social Security areas from 900 with groups below 50, area codes of the
// reserved ranges 37X and 96X, documentation networks, example domains, and licence or beneficiary numbers of made-up issuers.
import type { Random } from './random.js'

export interface PersonNumbers {
  ssn: string
  mrn: string
  homePhone: string
  mobilePhone: string
  workPhone: string
  fax: string
  beneficiary: string
  planGroup: string
  account: string
  licence: string
  passport: string
  vin: string
  plate: string
  deviceSerial: string
  deviceUdi: string
  implantSerial: string
  implantUdi: string
  ip: string
  ipv6: string
  fingerprint: string
  voiceprint: string
  employee: string
  loyalty: string
  accession: string
}

export function drawNumbers(random: Random, facilityCode: string): PersonNumbers {
  const deviceSerial = `BPM${random.mark(8)}`
  const implantSerial = `PM${random.digits(9)}`
  return {
    ssn: `9${random.digits(2)}-${random.int(10, 49)}-${random.int(1000, 9999)}`,
    mrn: `${facilityCode.slice(0, 2)}${random.digits(7)}`,
    homePhone: phone(random),
    mobilePhone: phone(random),
    workPhone: phone(random),
    fax: phone(random),
    beneficiary: `${random.int(1, 9)}${random.mark(2)}${random.int(0, 9)}-${random.mark(2)}${random.int(0, 9)}-${random.mark(2)}${random.digits(2)}`,
    planGroup: `GRP-${random.digits(6)}`,
    account: `40${random.digits(10)}`,
    licence: `DL${random.mark(2)}${random.digits(7)}`,
    passport: `X${random.digits(8)}`,
    vin: `9ZZ${random.mark(5)}${random.digits(9)}`,
    plate: `${random.int(1, 9)}${random.mark(3)}${random.digits(3)}`,
    deviceSerial,
    deviceUdi: udi(random, deviceSerial),
    implantSerial,
    implantUdi: udi(random, implantSerial),
    ip: `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${random.int(1, 254)}`,
    ipv6: `2001:db8:${random.int(4096, 65535).toString(16)}::${random.int(4096, 65535).toString(16)}`,
    fingerprint: `FPT-${random.uuid().replaceAll('-', '').slice(0, 24)}`,
    voiceprint: `VOX-${random.uuid().replaceAll('-', '').slice(0, 20)}`,
    employee: `EMP-${random.digits(7)}`,
    loyalty: `LC${random.digits(9)}`,
    accession: `ACC-${random.digits(8)}`,
  }
}

/** Ten digits; `spellPhone` writes them as people do. */
export function phone(random: Random): string {
  return `${random.pick(['37', '96'])}${random.int(0, 9)}${random.int(200, 999)}${random.digits(4)}`
}

export function spellPhone(digits: string, style: number): string {
  const [area, exchange, line] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)]
  const styles = [
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `${area}.${exchange}.${line}`,
    `+1 ${area} ${exchange} ${line}`,
    `1${digits}`,
    digits,
  ]
  return styles[style % styles.length] as string
}

export function spellSsn(ssn: string, style: number): string {
  return [ssn, ssn.replaceAll('-', ''), ssn.replaceAll('-', ' '), ssn.replaceAll('-', '.')][style % 4] as string
}

function udi(random: Random, serial: string): string {
  return `(01)0${random.digits(13)}(11)${random.int(18, 25)}0${random.int(1, 9)}15(10)L${random.digits(5)}(21)${serial}`
}
