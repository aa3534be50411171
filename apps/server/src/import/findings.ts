import type { ImportReport } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { Prepared } from './prepare.js'

export type Finding = ImportReport['findings'][number]

// Enough to begin with: what is frequent comes up early, and the counts of the report are complete.
const findingsMax = 500
const linesMax = 20

/** What an app or device maker mends: faults and repairs by cause and element, over all lines. */
export interface Findings {
  refused(line: number, refusal: Refusal): void
  repaired(prepared: Prepared): void
  list(): Finding[]
}

export function openFindings(): Findings {
  const found = new Map<string, Finding>()
  const note = (line: number, { kind, cause, path, message }: Omit<Finding, 'count' | 'lines'>): void => {
    const place = withoutPlaces(path)
    const key = JSON.stringify([kind, cause, place, message])
    const known = found.get(key)
    if (known === undefined && found.size >= findingsMax) return
    const finding = known ?? { kind, cause, path: place, message, count: 0, lines: [] }
    finding.count += 1
    if (finding.lines.length < linesMax && finding.lines.at(-1) !== line) finding.lines.push(line)
    found.set(key, finding)
  }
  return {
    refused(line, refusal) {
      const issues = 'issues' in refusal ? (refusal.issues ?? []) : []
      for (const { path, message } of issues) note(line, { kind: 'refused', cause: refusal.refusal, path, message })
      if (issues.length === 0) note(line, { kind: 'refused', cause: refusal.refusal, path: '', message: wordsOf(refusal) })
    },
    repaired({ line, repairs }) {
      for (const { rule, path } of repairs) note(line, { kind: 'repaired', cause: rule, path, message: 'was mended; send it right' })
    },
    list: () =>
      [...found.values()].map((each) => ({ ...each, lines: each.lines.toSorted((a, b) => a - b) })).sort((a, b) => b.count - a.count),
  }
}

function wordsOf(refusal: Refusal): string {
  const missing = 'missing' in refusal && refusal.missing.length > 0 ? ` Missing: ${refusal.missing.join(', ')}.` : ''
  return `${refusal.detail}${missing}${'remedy' in refusal ? ` ${refusal.remedy}` : ''}`
}

const withoutPlaces = (path: string): string => path.replace(/^Bundle\.entry\[\d+\]\.resource: /, '').replaceAll(/\[\d+\]/g, '')
