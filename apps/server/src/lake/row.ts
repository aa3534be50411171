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
  `"patient":${JSON.stringify(row.patientId)},"site":${JSON.stringify(row.siteId)},"resource":`

// A line feed in JSON can only be white space between tokens: inside a string it is escaped.
function oneLine(content: Uint8Array): Uint8Array {
  return content.includes(0x0a) ? content.map((byte) => (byte === 0x0a ? 0x20 : byte)) : content
}
