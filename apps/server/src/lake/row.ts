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

/** Where each line is, with its line feed, and where its head ends: -1 in a line that is no row. */
export function* linesOf(plain: Buffer): Generator<{ start: number; end: number; headEnd: number }> {
  for (let start = 0, end = 0; start < plain.length; start = end) {
    const feed = plain.indexOf(lineFeed, start)
    end = feed === -1 ? plain.length : feed + 1
    const headEnd = plain.indexOf(marker, start)
    yield { start, end, headEnd: headEnd < end ? headEnd : -1 }
  }
}

export const headOf = (text: string): LakeRowHead => JSON.parse(`${text}}`) as LakeRowHead

/** The rows of a segment; of each only the head is parsed, never the resource. A line that is none has no head. */
export function* rowsOf(plain: Buffer): Generator<StoredRow | { head: null; line: Buffer }> {
  for (const { start, end, headEnd } of linesOf(plain)) {
    const line = plain.subarray(start, end)
    if (headEnd === -1) yield { head: null, line }
    else {
      const head = headOf(plain.toString('utf8', start, headEnd))
      yield { head, resource: line.subarray(headEnd - start + marker.length, line.lastIndexOf(0x7d)), line }
    }
  }
}

const lineEnd = '}\n'
const noContent = Buffer.from('null')

/** Rows as NDJSON in one piece; contents go through as bytes and are never parsed. */
export function rowLines(rows: readonly LakeRow[]): Buffer {
  const heads = rows.map(headText)
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

const headText = (row: LakeRow): string =>
  `{"type":${JSON.stringify(row.type)},"id":${JSON.stringify(row.id)},"v":${row.version},"op":"${row.op}","at":${row.at},` +
  `"patient":${JSON.stringify(row.patientId)},"site":${JSON.stringify(row.siteId)}${furtherOf(row)},"resource":`

// Only where there is something to say: most rows are the study's own.
const furtherOf = ({ global = false, gone = false, audit = null }: LakeRow): string =>
  `${global ? ',"global":true' : ''}${gone ? ',"gone":true' : ''}${audit === null ? '' : `,"audit":"${audit}"`}`

// A line feed in JSON can only be white space between tokens: inside a string it is escaped.
function oneLine(content: Uint8Array): Uint8Array {
  return content.includes(0x0a) ? content.map((byte) => (byte === 0x0a ? 0x20 : byte)) : content
}
