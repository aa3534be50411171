import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInflateRaw } from 'node:zlib'
import {
  DuckDBDateValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { jsonValue } from './json-values.js'
import type { ResultWriter } from './result-writer.js'
import { zipWriter } from './zip-writer.js'

// Rows as a workbook with one sheet (ECMA-376), written as they come. A text is typed as a text, so that no program takes it for a
// formula, and one that looks like a formula is marked to stay a text when somebody edits it. Nothing is cut short: what a sheet or a
// cell cannot hold ends the writing.

const rowsMax = 1_048_576
const cellCharactersMax = 32_767
const pieceCharacters = 256 * 1024
const sheetName = 'xl/worksheets/sheet1.xml'
const style = { plain: 0, head: 1, date: 2, time: 3, quoted: 4 } as const

const fault = (exception_type: 'SheetFull' | 'CellFull'): Error => new Error(JSON.stringify({ exception_type }))

export function sheetWriter(names: string[], types: DuckDBType[]): ResultWriter {
  const zip = zipWriter()
  for (const [name, content] of Object.entries(parts)) zip.add(name, content)
  zip.begin(sheetName)
  let text = `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`
  let rows = 0
  const add = (cells: string): void => {
    if (++rows > rowsMax) throw fault('SheetFull')
    text += `<row>${cells}</row>`
    if (text.length > pieceCharacters) flush()
  }
  const flush = (): void => {
    zip.write(Buffer.from(text))
    text = ''
  }
  add(names.map((name) => textCell(name, style.head)).join(''))
  return {
    append(chunk, count) {
      const vectors = types.map((_, index) => chunk.getColumnVector(index))
      for (let row = 0; row < count; row++) add(types.map((type, index) => cell(vectors[index]!.getItem(row), type)).join(''))
    },
    ready: () => zip.ready(),
    end() {
      text += '</sheetData></worksheet>'
      flush()
      zip.close()
      zip.end()
      return zip.ready()
    },
  }
}

function cell(value: DuckDBValue, type: DuckDBType): string {
  if (value === null) return '<c/>'
  if (typeof value === 'boolean') return `<c t="b"><v>${value ? 1 : 0}</v></c>`
  const serial = serialOf(value)
  // The calendar of sheets has a day too many in 1900.
  if (serial !== null && serial.days > 60 && serial.days < 2_958_466)
    return `<c s="${serial.isDay ? style.date : style.time}"><v>${serial.days}</v></c>`
  const json = jsonValue(value, type)
  if (typeof json === 'number' && isExact(json)) return `<c><v>${json}</v></c>`
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  return textCell(text, /^[=+\-@\t\r]/.test(text) ? style.quoted : style.plain)
}

// Sheets keep 15 digits.
const isExact = (number: number): boolean => Number.isFinite(number) && (!Number.isInteger(number) || Math.abs(number) < 1e15)

const dayMicros = 86_400_000_000
const fromEpoch = 25_569
function serialOf(value: DuckDBValue): { days: number; isDay: boolean } | null {
  if (value instanceof DuckDBDateValue) return value.isFinite ? { days: value.days + fromEpoch, isDay: true } : null
  const micros = microsOf(value)
  return micros === null ? null : { days: micros / dayMicros + fromEpoch, isDay: false }
}
function microsOf(value: DuckDBValue): number | null {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return Number(value.micros)
  if (value instanceof DuckDBTimestampMillisecondsValue) return Number(value.millis) * 1_000
  if (value instanceof DuckDBTimestampSecondsValue) return Number(value.seconds) * 1_000_000
  if (value instanceof DuckDBTimestampNanosecondsValue) return Number(value.nanos / 1_000n)
  return null
}

function textCell(text: string, as: number): string {
  if (text.length > cellCharactersMax) throw fault('CellFull')
  const marked = as === style.plain ? '' : ` s="${as}"`
  return `<c${marked} t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
// oxlint-disable-next-line no-control-regex
const unwritable = /[&<>]|[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
// What XML cannot hold stands as _xHHHH_, and what looks like that is told apart.
const escaped = (text: string): string =>
  text.replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_').replaceAll(unwritable, (found) => {
    return entities[found] ?? `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`
  })

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/package/2006/relationships'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const parts: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${sheetType}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${sheetType}.styles+xml"/><Override PartName="/${sheetName}" ContentType="${sheetType}.worksheet+xml"/></Types>`,
  '_rels/.rels': `${declaration}<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `${declaration}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="rows" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `${declaration}<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
  'xl/styles.xml': `${declaration}<styleSheet xmlns="${main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs></styleSheet>`,
}

/** Rows of such a workbook below its head, counted in the file. */
export async function rowsInSheet(path: string): Promise<number> {
  const { from, to } = await sheetIn(path)
  const plain = createReadStream(path, { start: from, end: to - 1 }).pipe(createInflateRaw())
  let rows = 0
  let rest = ''
  for await (const bytes of plain as AsyncIterable<Buffer>) {
    const text = rest + bytes.toString('latin1')
    rows += text.split('<row>').length - 1
    // A mark may lie across two pieces; too short to hold a whole one, what is carried over counts nothing twice.
    rest = text.slice(-'<row'.length)
  }
  return rows - 1
}

/** Where the sheet's packed bytes lie, as the archive's own directory says. */
async function sheetIn(path: string): Promise<{ from: number; to: number }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const tail = Buffer.alloc(Math.min(size, 65_536))
    await file.read(tail, 0, tail.byteLength, size - tail.byteLength)
    for (let at = tail.indexOf('PK\u0001\u0002'); at >= 0; at = tail.indexOf('PK\u0001\u0002', at + 4)) {
      const nameBytes = tail.readUInt16LE(at + 28)
      if (tail.toString('utf8', at + 46, at + 46 + nameBytes) !== sheetName) continue
      const from = tail.readUInt32LE(at + 42) + 30 + nameBytes
      return { from, to: from + tail.readUInt32LE(at + 20) }
    }
    throw new Error('the sheet is not in its archive')
  } finally {
    await file.close()
  }
}
