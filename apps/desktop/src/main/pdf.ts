import type { WebContents } from 'electron'

const titleMax = 200
const inch = { side: 0.6, top: 0.6, bottom: 0.75 }

const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (mark) => `&#${mark.codePointAt(0)};`)

/** What the page has laid out for print, by the browser inside: no program of the system is asked, and no file is written here. */
export async function pdfOf(page: WebContents, request: { title: string }): Promise<Uint8Array> {
  // What crosses the bridge is checked, though the page is ours.
  const title = typeof request?.title === 'string' ? request.title.slice(0, titleMax) : ''
  const style = 'font:8px sans-serif;color:#434e58;width:100%;margin:0 0.6in;display:flex;justify-content:space-between'
  return page.printToPDF({
    pageSize: 'A4',
    printBackground: true,
    preferCSSPageSize: false,
    generateTaggedPDF: true,
    generateDocumentOutline: true,
    margins: { top: inch.top, bottom: inch.bottom, left: inch.side, right: inch.side },
    displayHeaderFooter: true,
    headerTemplate: '<span></span>',
    footerTemplate: `<div style="${style}"><span>${escaped(title)}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`,
  })
}
