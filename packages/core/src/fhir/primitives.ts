import { markupOf } from './invariants/xhtml.js'
import { ExactNumber } from './resource.js'

// Formats of the DSTU2 primitive types (datatypes.html and the regexes of profiles-types), as scans over char codes:
// 2026-11: regexes took half of the time of validating an Observation.

const DASH = 45
const isDigit = (char: number): boolean => char >= 48 && char <= 57

const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn(year: number, month: number): number {
  if (month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return 28
  return monthDays[month - 1] ?? 0
}

/** Length of the date part (4, 7 or 10) when the text begins with one that exists on the calendar, else 0. */
function datePart(text: string): number {
  const century = twoDigits(text, 0)
  const rest = twoDigits(text, 2)
  if (century < 0 || rest < 0) return 0
  if (text.length === 4) return 4
  const month = twoDigits(text, 5)
  if (text.charCodeAt(4) !== DASH || month < 1 || month > 12) return 0
  if (text.length === 7) return 7
  const day = twoDigits(text, 8)
  if (text.charCodeAt(7) !== DASH || day < 1 || day > daysIn(century * 100 + rest, month)) return 0
  return 10
}

/** Offset after `hh:mm:ss[.fff]` at `at`, else 0. */
function timePart(text: string, at: number): number {
  const hour = twoDigits(text, at)
  const minute = twoDigits(text, at + 3)
  const second = twoDigits(text, at + 6)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return 0
  if (text.charCodeAt(at + 2) !== 58 || text.charCodeAt(at + 5) !== 58) return 0
  let end = at + 8
  if (text.charCodeAt(end) !== 46) return end
  end++
  const fraction = end
  while (isDigit(text.charCodeAt(end))) end++
  return end > fraction ? end : 0
}

function isZone(text: string, at: number): boolean {
  const char = text.charCodeAt(at)
  if (char === 90) return text.length === at + 1
  if ((char !== 43 && char !== DASH) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return false
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  return hours >= 0 && minutes >= 0 && (hours < 14 ? minutes < 60 : hours === 14 && minutes === 0)
}

function isInstant(value: unknown): boolean {
  if (typeof value !== 'string' || datePart(value) !== 10 || value.charCodeAt(10) !== 84) return false
  const end = timePart(value, 11)
  return end > 0 && isZone(value, end)
}

const isDate = (value: unknown): boolean => typeof value === 'string' && value.length >= 4 && datePart(value) === value.length
const isDateTime = (value: unknown): boolean => isDate(value) || isInstant(value)
const isTime = (value: unknown): boolean => typeof value === 'string' && timePart(value, 0) === value.length && value.length > 0
const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0

const isBlank = (char: number): boolean => char === 32 || (char >= 9 && char <= 13)

/** A code: no blank at either end, none doubled. */
export function isCode(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0) return false
  let afterBlank = true
  for (let at = 0; at < value.length; at++) {
    const blank = isBlank(value.charCodeAt(at))
    if (blank && afterBlank) return false
    afterBlank = blank
  }
  return !afterBlank
}

/** A logical id: 1 to 64 of letters, digits, `-` and `.`. */
export function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) return false
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at)
    if (!(isDigit(char) || (char >= 97 && char <= 122) || (char >= 65 && char <= 90) || char === DASH || char === 46)) return false
  }
  return true
}

function isUri(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0) return false
  for (let at = 0; at < value.length; at++) if (isBlank(value.charCodeAt(at))) return false
  return true
}

const isOid = (value: unknown): boolean => typeof value === 'string' && /^urn:oid:(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$/.test(value)
const isUuid = (value: unknown): boolean =>
  typeof value === 'string' && /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)

// xs:int in the specification's XML schema, so 32 bits.
const isInteger = (value: unknown): boolean => typeof value === 'number' && value === (value | 0)
const isUnsigned = (value: unknown): boolean => isInteger(value) && (value as number) >= 0
const isPositive = (value: unknown): boolean => isInteger(value) && (value as number) > 0
const isDecimal = (value: unknown): boolean => typeof value === 'number' || value instanceof ExactNumber
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'

function isBase64(value: unknown): boolean {
  if (typeof value !== 'string') return false
  let count = 0
  let padding = 0
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at)
    if (isBlank(char)) continue
    count++
    if (char === 61) padding++
    else if (padding > 0 || !(isDigit(char) || (char >= 97 && char <= 122) || (char >= 65 && char <= 90) || char === 43 || char === 47))
      return false
  }
  return count > 0 && count % 4 === 0 && padding <= 2
}

function isNarrative(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const { wellFormed, passive } = markupOf(value)
  return wellFormed && passive
}

/** Does this JSON value have the format of the primitive type? */
export const primitiveTests: Readonly<Record<string, (value: unknown) => boolean>> = {
  base64Binary: isBase64,
  boolean: isBoolean,
  code: isCode,
  date: isDate,
  dateTime: isDateTime,
  decimal: isDecimal,
  id: isId,
  instant: isInstant,
  integer: isInteger,
  markdown: isText,
  oid: isOid,
  positiveInt: isPositive,
  string: isText,
  time: isTime,
  unsignedInt: isUnsigned,
  uri: isUri,
  uuid: isUuid,
  xhtml: isNarrative,
}
