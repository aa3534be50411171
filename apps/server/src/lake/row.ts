/** One line of the lake, and of what the masking workers take. `resource` is the stored content, byte for byte. */
export interface LakeRow {
  type: string
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  at: number
  patientId: string | null
  siteId: string | null
  content: Uint8Array | null
}

const lineEnd = Buffer.from('}\n')
const noContent = Buffer.from('null')

/** The row as a line of NDJSON; the content goes through as bytes and is never parsed. */
export function rowLine(row: LakeRow): Buffer {
  const head =
    `{"type":${JSON.stringify(row.type)},"id":${JSON.stringify(row.id)},"v":${row.version},"op":"${row.op}","at":${row.at},` +
    `"patient":${JSON.stringify(row.patientId)},"site":${JSON.stringify(row.siteId)},"resource":`
  return Buffer.concat([Buffer.from(head), row.content ? oneLine(row.content) : noContent, lineEnd])
}

// A line feed in JSON can only be white space between tokens: inside a string it is escaped.
function oneLine(content: Uint8Array): Uint8Array {
  return content.includes(0x0a) ? content.map((byte) => (byte === 0x0a ? 0x20 : byte)) : content
}
