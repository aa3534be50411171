import { PassThrough } from 'node:stream'
import type { ReportRow } from '@aquifer/core/audit'
// oxlint-disable-next-line import/no-named-as-default -- the package is CommonJS: Node gives its class as the default alone
import PDFDocument from 'pdfkit'
import type { StoredSignature } from '../repository/index.js'

/** More than anybody reads on paper. */
export const pdfRowsMax = 20_000
const margin = 36
const widths = { at: 108, who: 150, what: 190, place: 90, from: 90, rest: 138 } as const

// The fonts that every reader has know Latin letters alone; csv and json keep all.
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e\u00a0-\u00ff]/g, '?')

/** The report on paper: every page numbered, at the end the signatures with name, time and meaning. */
export async function* pdfReport(
  pages: AsyncIterable<readonly ReportRow[]>,
  about: { by: string; at: string; signatures: readonly StoredSignature[] },
): AsyncIterable<Uint8Array> {
  const document = new PDFDocument({ size: 'A4', layout: 'landscape', margin, bufferPages: true, info: { Title: 'Audit trail' } })
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
  document.fontSize(14).text('Audit trail')
  document
    .fontSize(8)
    .text(printable(`made by ${about.by} at ${about.at}; times in UTC and in the study’s zone`))
    .moveDown()
  heading(document)
  for await (const page of pages) for (const row of page) line(document, cellsOf(row))
  document.x = margin
  document.moveDown().fontSize(10).text('Electronic signatures').fontSize(8)
  if (about.signatures.length === 0) document.text('none')
  for (const { name, signer, at, meaning, subjectKind, subjectHash } of about.signatures) {
    const text = `${name} (${signer}), ${new Date(at).toISOString()}, ${meaning} of ${subjectKind} ${subjectHash.toString('hex')}`
    document.text(printable(text))
  }
  const { count } = document.bufferedPageRange()
  for (let page = 0; page < count; page += 1) {
    document.switchToPage(page)
    document.page.margins.bottom = 0
    document.fontSize(7).text(`Page ${page + 1} of ${count}`, margin, document.page.height - 24, { align: 'right', lineBreak: false })
  }
}

const heading = (document: PDFKit.PDFDocument): void =>
  line(document, ['when', 'who (external, role)', 'what, record', 'study, outcome', 'from, correlation id', 'persons, reason'])

const cellsOf = (row: ReportRow): string[] => [
  `${row.at_utc}\n${row.at_study}`,
  `${row.name === '' ? row.user : `${row.name} (${row.user})`}\n${row.external_user}, ${row.role}`,
  `${row.action}: ${row.what}\nrecord ${row.record}`,
  `${row.study}\n${row.outcome}`,
  `${row.from}\n${row.correlation_id}`,
  `${row.persons}\n${row.reason}`,
]

function line(document: PDFKit.PDFDocument, cells: readonly string[]): void {
  document.fontSize(6.5)
  const columns = Object.values(widths)
  const texts = cells.map((cell) => cell.split('\n').map(printable).join('\n'))
  const height = Math.max(...texts.map((text, at) => document.heightOfString(text, { width: (columns[at] ?? 90) - 6 }))) + 3
  if (document.y + height > document.page.height - margin) document.addPage()
  const { y } = document
  let x: number = margin
  for (const [at, text] of texts.entries()) {
    document.text(text, x, y, { width: (columns[at] ?? 90) - 6 })
    x += columns[at] ?? 90
  }
  document.y = y + height
}
