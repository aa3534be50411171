import type { Rows } from './segment.js'

/** A person's rows: those that name the person, and those of resources that are about the person among others. */
export interface Whose {
  patientId: string
  /** `Type/id` */
  named: ReadonlySet<string>
  /** Leave the rows by which his others end, which hold nothing of him but ids: whoever follows the lake has not passed them yet. */
  keepEnds?: boolean
}

const lineFeed = 0x0a
const marker = Buffer.from(',"resource":')

/** What is left of a segment's NDJSON; of each line only the head is parsed, never the resource. */
export function rowsWithout(plain: Buffer, whose: Whose): Rows {
  const kept: Buffer[] = []
  let from = 0
  while (from < plain.length) {
    const end = plain.indexOf(lineFeed, from)
    const to = end === -1 ? plain.length : end + 1
    const line = plain.subarray(from, to)
    if (!isOf(line, whose)) kept.push(line)
    from = to
  }
  return { rows: kept.length, plain: Buffer.concat(kept) }
}

function isOf(line: Buffer, { patientId, named, keepEnds = false }: Whose): boolean {
  const at = line.indexOf(marker)
  if (at === -1) return false
  const head = JSON.parse(`${line.subarray(0, at).toString()}}`) as { type: string; id: string; patient: string | null; op: string }
  const { type, id, patient, op } = head
  if (keepEnds && op === 'D') return false
  return patient === patientId || (type === 'Patient' && id === patientId) || named.has(`${type}/${id}`)
}
