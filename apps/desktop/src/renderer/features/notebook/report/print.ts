import './print.css'
import { reportStyle } from './html.js'

/** The report alone on the page, as the printer would get it, until `then` is through. */
async function staged<T>(body: string, title: string, then: () => T | Promise<T>): Promise<T> {
  const host = document.createElement('div')
  host.className = 'print-report'
  const shadow = host.attachShadow({ mode: 'open' })
  const style = document.createElement('style')
  style.textContent = reportStyle
  // Parsed apart and moved: the text is ours, every value in it was escaped.
  const parsed = new DOMParser().parseFromString(body, 'text/html')
  shadow.append(style, ...parsed.body.childNodes)
  document.body.append(host)
  const before = document.title
  document.title = title
  document.documentElement.dataset['printing'] = 'report'
  try {
    return await then()
  } finally {
    document.title = before
    delete document.documentElement.dataset['printing']
    host.remove()
  }
}

/** In a browser its own dialog prints and writes PDF, and holds the page until it is closed. */
export const printReport = (body: string, title: string): Promise<void> => staged(body, title, () => print())

/** In the desktop program; null in a browser, which makes no PDF without its dialog. */
export const reportPdf = (body: string, title: string): Promise<Uint8Array | null> => {
  const { aquifer } = window
  return aquifer === undefined ? Promise.resolve(null) : staged(body, title, () => aquifer.invoke('page.pdf', { title }))
}
