import { headOf, linesOf, type LakeRowHead } from './row.js'
import type { Rows } from './segment.js'

/** A person's rows: those that name the person, and those of resources that are about the person among others. */
export interface Whose {
  patientId: string
  /** `Type/id` */
  named: ReadonlySet<string>
  /** Leave the rows by which his others end, which hold nothing of him but ids: whoever follows the lake has not passed them yet. */
  keepEnds?: boolean
}

/** What is left of a segment's NDJSON: itself where nothing goes, since most segments hold nothing of a person. */
export function rowsWithout(plain: Buffer, whose: Whose): Rows {
  const kept: Buffer[] = []
  let [rows, from] = [0, 0]
  const patientId = JSON.stringify(whose.patientId)
  for (const { start, end, headEnd } of linesOf(plain)) {
    if (headEnd !== -1 && isOf(plain.toString('utf8', start, headEnd), patientId, whose)) {
      kept.push(plain.subarray(from, start))
      from = end
    } else rows++
  }
  if (kept.length === 0) return { rows, plain }
  return { rows, plain: Buffer.concat([...kept, plain.subarray(from)]) }
}

// Names stand first in a head, and mostly as they are: a million heads are not parsed to find one person's.
const names = /^\{"type":"([A-Za-z]+)","id":"([A-Za-z0-9.-]+)","v":/

function isOf(head: string, patientId: string, whose: Whose): boolean {
  const [, type, id] = names.exec(head) ?? []
  const isNamed = type === undefined || id === undefined || whose.named.has(`${type}/${id}`)
  return (isNamed || head.includes(patientId)) && isHis(headOf(head), whose)
}

function isHis({ type, id, patient, op }: LakeRowHead, { patientId, named, keepEnds = false }: Whose): boolean {
  if (keepEnds && op === 'D') return false
  return patient === patientId || (type === 'Patient' && id === patientId) || named.has(`${type}/${id}`)
}
