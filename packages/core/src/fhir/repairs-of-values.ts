import { parseJson } from './json.js'
import { setAt, valueAt } from './place.js'
import type { Place } from './place.js'
import { ExactNumber } from './resource.js'
import type { RepairRule } from './repair-rule.js'

/** Values of primitive elements, each told in the format of its type where only one value can be meant. */
export const valueRules: readonly RepairRule[] = [
  {
    name: 'boolean-from-text',
    description: 'The text true or false where the model has a boolean becomes it.',
    source: 'json.html: booleans are JSON booleans. Common where XML was turned to JSON without the model.',
    mend: rewrite(['boolean'], (value) => (value === 'true' ? true : value === 'false' ? false : undefined)),
  },
  {
    name: 'number-from-text',
    description: 'The text of a number where the model has one becomes it, digit for digit.',
    source: 'json.html: numbers are JSON numbers. Common where XML was turned to JSON without the model.',
    mend: rewrite(['decimal', 'integer', 'positiveInt', 'unsignedInt'], (value) =>
      typeof value === 'string' && /^-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?$/.test(value.trim())
        ? parseJson(value.trim()).resource
        : undefined,
    ),
  },
  {
    name: 'text-from-number',
    description: 'A number or boolean where the model has a text becomes it, digit for digit: a postal code, an id, a year.',
    source: 'json.html: all other values are JSON strings.',
    mend: rewrite(['string', 'code', 'id', 'uri', 'markdown', 'date', 'dateTime'], (value) =>
      typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber ? String(value) : undefined,
    ),
  },
  {
    name: 'trim-blanks',
    description: 'Blanks around a code, id, uri, date or time are dropped, and those doubled within a code.',
    source: 'datatypes.html: their formats have none, so none can mean anything.',
    mend: rewrite(['code', 'id', 'uri', 'oid', 'uuid', 'date', 'dateTime', 'instant', 'time'], (value, { type }) => {
      if (typeof value !== 'string') return undefined
      const trimmed = value.trim()
      return type === 'code' ? trimmed.replaceAll(/\s+/g, ' ') : trimmed
    }),
  },
  {
    name: 'code-case',
    description: 'A code of a fixed list that is written in other letter case is written as the list has it.',
    source: 'terminologies.html: the codes of FHIR are case sensitive. Taken only where a single code of the list is meant.',
    mend: rewrite(['code'], (value, { codes }) => {
      if (typeof value !== 'string' || codes === null) return undefined
      const meant = [...codes].filter((code) => code.toLowerCase() === value.trim().toLowerCase())
      return meant.length === 1 ? meant[0] : undefined
    }),
  },
  {
    name: 'date-form',
    description:
      'Dates and times in a near form take that of FHIR: 20120530, 2012-5-3, a blank or t for T, +0200 for +02:00, no seconds, midnight on a date. Never without the zone that is due.',
    source: 'datatypes.html: seconds may be zero-filled; ISO 8601 has the other forms, each for the same moment.',
    mend: rewrite(['date', 'dateTime', 'instant'], (value, { type }) => (typeof value === 'string' ? dateForm(value, type) : undefined)),
  },
  {
    name: 'escape-ampersand',
    description: 'A bare & in a narrative is escaped.',
    source: 'narrative.html: the div is XHTML. A browser shows the same for both.',
    mend: rewrite(['xhtml'], (value) =>
      typeof value === 'string' ? value.replaceAll(/&(?!(?:#\d{1,8}|#x[\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{0,9});)/g, '&amp;') : undefined,
    ),
  },
]

/** A rule that gives a primitive of these types another value, if that one is valid and the present one is not. */
function rewrite(types: readonly string[], next: (value: unknown, slot: NonNullable<Place['slot']>) => unknown) {
  return (place: Place): boolean => {
    const { slot } = place
    if (slot?.kind !== 'primitive' || !types.includes(slot.type)) return false
    const value = valueAt(place)
    if (slot.test(value)) return false
    const mended = next(value, slot)
    if (mended === undefined || mended === value || !slot.test(mended)) return false
    setAt(place, mended)
    return true
  }
}

const dayPattern = /^(\d{4})(?:-(\d{1,2})-(\d{1,2})|(\d{2})(\d{2}))(?:[T t](.+))?$/
const timePattern = /^(\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,12})?))?\s?(Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/

function dateForm(text: string, type: string): string | undefined {
  const day = dayPattern.exec(text.trim())
  if (day === null) return undefined
  const [, year, month, date, basicMonth, basicDate, rest] = day
  const plain = [year, month ?? basicMonth, date ?? basicDate].map((part) => part?.padStart(2, '0')).join('-')
  if (rest === undefined) return plain
  const time = timePattern.exec(rest)
  if (time === null) return undefined
  const [, hour, minute, second = '00', zone] = time
  if (type === 'date') return hour === '00' && minute === '00' && Number(second) === 0 ? plain : undefined
  return zone === undefined ? undefined : `${plain}T${hour}:${minute}:${second}${zoneForm(zone)}`
}

function zoneForm(zone: string): string {
  if (zone.toUpperCase() === 'Z') return 'Z'
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}
