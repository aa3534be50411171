import { createHash } from 'node:crypto'
import { gunzip, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { CsvError, parse } from 'csv-parse/sync'
import { codeListColumns, rowsOfResource, type CodeListEntry, type ListFault, type ListRow } from '@aquifer/core/code-list'
import { parseJson } from '@aquifer/core/fhir'

export interface ReadList {
  rows: Iterable<ListRow>
  title: string | null
  edition: string | null
}

/** Rows of a file as it was sent: CSV with a head line, or a resource as JSON. */
export function readList(text: string, rowsMax: number): ReadList | { faults: ListFault[] } {
  return /^\uFEFF?\s*\{/.test(text) ? readResource(text) : readCsv(text, rowsMax)
}

function readResource(text: string): ReadList | { faults: ListFault[] } {
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) {
    const line = text.slice(0, parsed.offset ?? 0).split('\n').length
    return { faults: [{ place: `line ${line}`, what: `not JSON that can be taken (${parsed.problem})` }] }
  }
  return rowsOfResource(JSON.parse(text.replace(/^\uFEFF/, '')))
}

type Line = { record: string[]; info: { lines: number } }
function readCsv(text: string, rowsMax: number): ReadList | { faults: ListFault[] } {
  const fault = (place: string, what: string): { faults: ListFault[] } => ({ faults: [{ place, what }] })
  let lines: Line[]
  try {
    const options = { bom: true, info: true, skip_empty_lines: true, delimiter: [',', ';', '\t'], to: rowsMax + 2 }
    lines = parse(text, options) as unknown as Line[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1
    return fault(`line ${line}`, 'not CSV with the same columns in each line')
  }
  const [head, ...rest] = lines
  const names = (head?.record ?? []).map((name) => name.trim().toLowerCase())
  const known: readonly string[] = codeListColumns
  if (!names.includes('code') || names.some((name) => !known.includes(name)) || new Set(names).size < names.length)
    return fault('line 1', `names the columns: ${known.join(', ')}, each once; code is needed, and no other is taken`)
  if (rest.length > rowsMax) return fault(`line ${rowsMax + 2}`, `a list has at most ${rowsMax} rows`)
  const rows = rest.map(({ record, info }) => ({
    place: `line ${info.lines}`,
    cells: Object.fromEntries(names.map((name, at) => [name, record[at]])),
  }))
  return { rows, title: null, edition: null }
}

/** Rows as they are kept: one JSON object a line, in the order of the table's columns. */
export async function packed(entries: readonly CodeListEntry[]): Promise<{ content: Buffer; sha256: string }> {
  const lines = Buffer.from(
    entries
      .map((each) => {
        const {
          system,
          code,
          display,
          targetSystem: target_system,
          targetCode: target_code,
          targetDisplay: target_display,
          equivalence,
        } = each
        return `${JSON.stringify({ system, code, display, target_system, target_code, target_display, equivalence })}\n`
      })
      .join(''),
  )
  return { content: await promisify(gzip)(lines), sha256: createHash('sha256').update(lines).digest('hex') }
}
export const unpacked = (content: Buffer): Promise<Buffer> => promisify(gunzip)(content)

export function entriesOf(lines: Buffer): CodeListEntry[] {
  const texts = lines.toString('utf8').split('\n')
  texts.pop()
  return texts.map((text) => {
    const row = JSON.parse(text) as Record<string, string | null> & Pick<CodeListEntry, 'system' | 'code'>
    const of = (name: string): string | null => row[name] ?? null
    return {
      system: row.system,
      code: row.code,
      display: of('display'),
      targetSystem: of('target_system'),
      targetCode: of('target_code'),
      targetDisplay: of('target_display'),
      equivalence: of('equivalence'),
    }
  })
}
