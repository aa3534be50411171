import { createRequire } from 'node:module'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import type { ReportRow } from '@aquifer/core/audit'
// oxlint-disable-next-line import/no-named-as-default -- the package is CommonJS: Node gives its class as the default alone
import PDFDocument from 'pdfkit'
import type { StoredSignature } from '../repository/index.js'

/** More than anybody reads on paper. */
export const pdfRowsMax = 20_000
const margin = 36
const widths = [104, 158, 182, 88, 96, 142] as const
const gap = 8
// A record about very many people would fill pages by itself: csv and json tell them all.
const cellCharsMax = 600

const require = createRequire(import.meta.url)
const fontFile = (name: string): string => path.join(path.dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf', `${name}.ttf`)

// The scripts the font draws; a sign of any other is printed as a question mark. csv and json keep all.
const drawn =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\p{M}\x20-\x7e\u00a0-\u00bf\u2010-\u2027\u20ac\u2116]/gu
const printable = (text: string): string => text.normalize('NFC').replaceAll(drawn, '?')

/** The report on paper: every page headed and numbered, at the end the signatures with name, time and meaning. */
export async function* pdfReport(
  pages: AsyncIterable<readonly ReportRow[]>,
  about: { by: string; at: string; signatures: readonly StoredSignature[] },
): AsyncIterable<Uint8Array> {
  const document = new PDFDocument({ size: 'A4', layout: 'landscape', margin, bufferPages: true, info: { Title: 'Audit trail' } })
  document.registerFont('text', fontFile('DejaVuSansCondensed')).registerFont('bold', fontFile('DejaVuSansCondensed-Bold')).font('text')
  const out = document.pipe(new PassThrough())
  const filling = fill(document, pages, about).then(
    () => document.end(),
    (error: Error) => out.destroy(error),
  )
  yield* out as AsyncIterable<Buffer>
  await filling
}

async function fill(
  document: PDFKit.PDFDocument,
  pages: AsyncIterable<readonly ReportRow[]>,
  about: { by: string; at: string; signatures: readonly StoredSignature[] },
): Promise<void> {
  document.font('bold').fontSize(14).text('Audit trail').font('text')
  document
    .fontSize(8)
    .text(printable(`made by ${about.by} at ${about.at}; times in UTC and in the study’s zone`))
    .moveDown()
  heading(document)
  for await (const page of pages) for (const row of page) line(document, cellsOf(row))
  signed(document, about.signatures)
  const { count } = document.bufferedPageRange()
  const width = document.page.width - 2 * margin
  for (let page = 0; page < count; page += 1) {
    document.switchToPage(page)
    document.page.margins.bottom = 0
    document.fontSize(7).text(`Page ${page + 1} of ${count}`, margin, document.page.height - 24, { align: 'right', width, height: 10 })
  }
}

function signed(document: PDFKit.PDFDocument, signatures: readonly StoredSignature[]): void {
  document.x = margin
  if (document.y + 60 > document.page.height - margin) document.addPage()
  document.moveDown().font('bold').fontSize(10).text('Electronic signatures').font('text').fontSize(8)
  if (signatures.length === 0) document.text('none')
  for (const { name, signer, at, meaning, subjectKind, subjectHash } of signatures) {
    const said = `${name} (${signer}), ${new Date(at).toISOString()}: ${meaning} of ${subjectKind}`
    document
      .moveDown(0.3)
      .fontSize(8)
      .text(printable(said))
      .fontSize(6.5)
      .text(`SHA-256 ${subjectHash.toString('hex')}`)
  }
}

const headings = ['when', 'who (external, role)', 'what, record', 'study, outcome', 'from, correlation id', 'persons, reason']
function heading(document: PDFKit.PDFDocument): void {
  document.font('bold')
  drawLine(document, headings)
  document.font('text')
}

const cellsOf = (row: ReportRow): string[] => [
  `${row.at_utc}\n${row.at_study}`,
  `${row.name === '' ? row.user : `${row.name} (${row.user})`}\n${row.external_user}, ${row.role}`,
  `${row.action}: ${row.what}\nrecord ${row.record}`,
  `${row.study}\n${row.outcome}`,
  `${row.from}\n${row.correlation_id}`,
  `${shortened(row.persons)}\n${row.reason}`,
]

function shortened(persons: string): string {
  if (persons.length <= cellCharsMax) return persons
  const kept = persons.slice(0, persons.lastIndexOf(' ', cellCharsMax))
  return `${kept} and ${persons.slice(kept.length).trim().split(' ').length} more: the CSV names all`
}

function line(document: PDFKit.PDFDocument, cells: readonly string[]): void {
  const texts = cells.map((cell) => cell.split('\n').map(printable).join('\n'))
  if (document.y + heightOf(document, texts) > document.page.height - margin) {
    document.addPage()
    heading(document)
  }
  drawLine(document, texts)
}

function heightOf(document: PDFKit.PDFDocument, texts: readonly string[]): number {
  document.fontSize(6.5)
  return Math.max(...texts.map((text, at) => document.heightOfString(text, { width: (widths[at] ?? 90) - gap }))) + 5
}

function drawLine(document: PDFKit.PDFDocument, texts: readonly string[]): void {
  const height = heightOf(document, texts)
  const { y } = document
  let x: number = margin
  for (const [at, text] of texts.entries()) {
    document.text(text, x, y, { width: (widths[at] ?? 90) - gap })
    x += widths[at] ?? 90
  }
  document
    .lineWidth(0.3)
    .strokeColor('#b0b0b0')
    .moveTo(margin, y + height - 2.5)
    .lineTo(x - gap, y + height - 2.5)
    .stroke()
  document.y = y + height
}
