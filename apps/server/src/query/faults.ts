import { refuse, type Refusal } from '@aquifer/core/refusal'
import { fileFault, type QueryFile } from './file-tables.js'
import { suggestName, type StatementFault } from '@aquifer/core/query'

// What the engine says about a statement, as far as it may be passed on: names and places of the caller's own text. Values of the data,
// paths and the engine's insides stay here.

interface Said {
  exception_type?: string
  exception_message?: string
  position?: string
  candidates?: string
  file?: string
}

/** Where the caller's text begins in the text that ran: EXPLAIN is put before it by us. */
export interface Sent {
  sql: string
  offset: number
  /** files that the statement reads as tables */
  files?: readonly QueryFile[]
}

const tellable = new Set(['parser', 'syntax', 'binder', 'catalog'])
const ofFiles = /^(?:CSV Error|The CSV Parser|Malformed JSON|JSON transform|.*\bparquet\b|.*(?:not|as valid) utf-?8|.*Invalid unicode)/is
const reasons: Record<string, string> = {
  conversion: 'A value could not be converted: try_cast gives null instead.',
  'mismatch type': 'Values of different types meet here: cast one of them.',
  'invalid type': 'Values of different types meet here: cast one of them.',
  'out of range': 'A number is outside the range of its type: cast it to DOUBLE or HUGEINT before reckoning.',
  'invalid input': 'A function was given a value it does not take: leave such values out by WHERE or CASE.',
  'not implemented':
    'The engine does not offer this: write it another way, with the functions and words that completion offers, in steps by WITH, or with the values cast to a plain type.',
  permission: 'A statement reads tables of its study and nothing else.',
}

export function refusalOfFault(said: string, sent: Sent): Refusal {
  const fault = parsed(said)
  const kind = (fault.exception_type ?? '').toLowerCase()
  if (kind === 'interrupt') return cancelled()
  if (kind === 'out of memory') return outOfMemory()
  const { files = [] } = sent
  const message = fault.exception_message ?? ''
  if (kind === 'file' || (files.length > 0 && ofFiles.test(message)))
    return refuse('statement-invalid', fileFault(files, fault.file ?? null, message))
  const place = charactersBefore(sent, fault.position)
  if (!tellable.has(kind)) {
    return refuse('statement-invalid', {
      detail: reasons[kind] ?? 'The engine cannot run this statement: leave out one part after the other to find which it does not take.',
      ...place,
    })
  }
  const suggestion = suggestionOf(fault)
  return refuse('statement-invalid', {
    detail: tidy(fault.exception_message ?? ''),
    ...place,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

export const cancelled = (): Refusal => refuse('statement-cancelled', { detail: 'The statement was stopped; no row was kept.' })
export const outOfMemory = (): Refusal =>
  refuse('statement-limit', {
    detail: 'The statement needs more memory than one may use.',
    suggestion: 'Read fewer columns, filter earlier, or aggregate before joining.',
  })

export function refusalOfCheck(fault: StatementFault, sent: Sent): Refusal {
  const place = charactersBefore(sent, fault.position === undefined ? undefined : String(fault.position))
  return refuse('statement-invalid', {
    detail: fault.detail,
    ...place,
    ...(fault.suggestion === undefined ? {} : { suggestion: fault.suggestion }),
  })
}

function parsed(said: string): Said {
  try {
    return JSON.parse(said.slice(said.indexOf('{'))) as Said
  } catch {
    return {}
  }
}

// The engine counts bytes.
function charactersBefore({ sql, offset }: Sent, position: string | undefined): { position?: number } {
  const bytes = Number(position)
  if (position === undefined || !Number.isFinite(bytes) || bytes > Buffer.byteLength(sql)) return {}
  return { position: Buffer.from(sql).subarray(0, bytes).toString('utf8').length + offset }
}

function tidy(message: string): string {
  const first = message.split(/\n(?:Candidate|LINE|Did you mean|\t)/)[0] ?? ''
  const plain = first
    .replaceAll(/["']?(?:\/[^\s"',)\]]+)+["']?/g, 'a file')
    .replaceAll(/"?_rows"?\./g, '')
    .trim()
  return /[.!?]$/.test(plain) ? plain.slice(0, 400) : `${plain.slice(0, 400)}.`
}

function suggestionOf({ candidates, exception_message: message = '' }: Said): string | undefined {
  const wanted = /"([^"]{1,64})"/.exec(message)?.[1] ?? /name (\S{1,64}) does not exist/.exec(message)?.[1]
  const known = (candidates ?? '')
    .split(',')
    .map((name) => name.trim().split('.').pop() ?? '')
    .filter((name) => /^[A-Za-z_][\w]*$/.test(name))
  return wanted === undefined ? undefined : (suggestName(wanted, known) ?? known[0])
}

export const withdrawnMeanwhile = (): Refusal =>
  refuse('statement-cancelled', { detail: 'Consent was withdrawn while the statement ran: run it again, without that person’s rows.' })
export const notPublished = (): Refusal =>
  refuse('not-ready', { detail: 'Nothing of this study has been published to the reservoir yet.', retryAfterS: 5 })
export const noSuchStatement = (): Refusal => refuse('unknown', { detail: 'There is no such statement here.' })
export const noSuchCut = (): Refusal =>
  refuse('unknown', {
    detail: 'There is no such data cut of this study, it is retired, it is not as it was sealed, or the key of its pseudonyms is gone.',
  })
