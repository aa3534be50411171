import { rowsOf, type LakeRowHead } from './row.js'
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
  let [rows, from, at] = [0, 0, 0]
  for (const { head, line } of rowsOf(plain)) {
    if (head !== null && isOf(head, whose)) {
      kept.push(plain.subarray(from, at))
      from = at + line.length
    } else rows++
    at += line.length
  }
  if (kept.length === 0) return { rows, plain }
  return { rows, plain: Buffer.concat([...kept, plain.subarray(from)]) }
}

function isOf({ type, id, patient, op }: LakeRowHead, { patientId, named, keepEnds = false }: Whose): boolean {
  if (keepEnds && op === 'D') return false
  return patient === patientId || (type === 'Patient' && id === patientId) || named.has(`${type}/${id}`)
}
