/** One line of the lake, and of what the masking workers take. `resource` is the stored content, byte for byte. */
interface LakeRow {
  type: string
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  at: number
  patientId: string | null
  siteId: string | null
  content: Uint8Array | null
  /** Stored beside the studies. */
  global?: boolean
  /** Ended in this study only; its versions stay. */
  gone?: boolean
  /** The audit record of the write. */
  audit?: string | null
}

/** What stands before a row's resource. */
export interface LakeRowHead {
  type: string
  id: string
  v: number
  op: 'C' | 'U' | 'D'
  at: number
  patient: string | null
  site: string | null
  /** Not in rows of before 2026-12. */
  global?: true
  gone?: true
  audit?: string
}
export interface StoredRow {
  head: LakeRowHead
  /** The stored content, byte for byte; `null` in JSON where the row is a delete. */
  resource: Buffer
  line: Buffer
}

const lineFeed = 0x0a
const marker = Buffer.from(',"resource":')

/** The rows of a segment; of each only the head is parsed, never the resource. A line that is none has no head. */
export function* rowsOf(plain: Buffer): Generator<StoredRow | { head: null; line: Buffer }> {
  let from = 0
  while (from < plain.length) {
    const end = plain.indexOf(lineFeed, from)
    const to = end === -1 ? plain.length : end + 1
    const line = plain.subarray(from, to)
    from = to
    const at = line.indexOf(marker)
    if (at === -1) yield { head: null, line }
    else {
      const head = JSON.parse(`${line.subarray(0, at).toString()}}`) as LakeRowHead
      yield { head, resource: line.subarray(at + marker.length, line.lastIndexOf(0x7d)), line }
    }
  }
}

const lineEnd = '}\n'
const noContent = Buffer.from('null')

/** Rows as NDJSON in one piece; contents go through as bytes and are never parsed. */
export function rowLines(rows: readonly LakeRow[]): Buffer {
  const heads = rows.map(headOf)
  const contents = rows.map(({ content }) => (content ? oneLine(content) : noContent))
  const size = rows.reduce((sum, _, index) => sum + Buffer.byteLength(heads[index]!) + contents[index]!.length + lineEnd.length, 0)
  const lines = Buffer.allocUnsafe(size)
  let at = 0
  for (const [index, head] of heads.entries()) {
    at += lines.write(head, at)
    lines.set(contents[index]!, at)
    at += contents[index]!.length
    at += lines.write(lineEnd, at, 'latin1')
  }
  return lines
}

const headOf = (row: LakeRow): string =>
  `{"type":${JSON.stringify(row.type)},"id":${JSON.stringify(row.id)},"v":${row.version},"op":"${row.op}","at":${row.at},` +
  `"patient":${JSON.stringify(row.patientId)},"site":${JSON.stringify(row.siteId)}${furtherOf(row)},"resource":`

// Only where there is something to say: most rows are the study's own.
const furtherOf = ({ global = false, gone = false, audit = null }: LakeRow): string =>
  `${global ? ',"global":true' : ''}${gone ? ',"gone":true' : ''}${audit === null ? '' : `,"audit":"${audit}"`}`

// A line feed in JSON can only be white space between tokens: inside a string it is escaped.
function oneLine(content: Uint8Array): Uint8Array {
  return content.includes(0x0a) ? content.map((byte) => (byte === 0x0a ? 0x20 : byte)) : content
}
