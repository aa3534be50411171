import { rowsOf } from './row.js'
import type { Rows } from './segment.js'

/** A person's rows: those that name the person, and those of resources that are about the person among others. */
export interface Whose {
  patientId: string
  /** `Type/id` */
  named: ReadonlySet<string>
}

/** What is left of a segment's NDJSON. */
export function rowsWithout(plain: Buffer, { patientId, named }: Whose): Rows {
  const kept: Buffer[] = []
  for (const { head, line } of rowsOf(plain)) {
    const isHis =
      head !== null &&
      (head.patient === patientId || (head.type === 'Patient' && head.id === patientId) || named.has(`${head.type}/${head.id}`))
    if (!isHis) kept.push(line)
  }
  return { rows: kept.length, plain: Buffer.concat(kept) }
}
