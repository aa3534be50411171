import './print.css'
import { reportStyle } from './html.js'

/** The report alone on the page while the dialog of the printer is open, which also writes PDF. */
export function printReport(body: string, title: string): void {
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
    print()
  } finally {
    document.title = before
    delete document.documentElement.dataset['printing']
    host.remove()
  }
}
