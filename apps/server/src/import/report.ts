import type { ImportReport } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { WriteOutcome } from '../repository/index.js'
import { openFindings } from './findings.js'
import type { Prepared } from './prepare.js'

// Enough to mend a file by; the counts are always complete.
const linesMax = 2_000

/** The running figures of one import. */
export interface Tally {
  report: ImportReport
  /** the report with what there is to mend */
  whole(): ImportReport
  repaired(prepared: Prepared): void
  stored(prepared: Prepared, outcomes: readonly WriteOutcome[]): void
  refused(line: number, refusal: Refusal, resources: number): void
}

export function openTally(study: string): Tally {
  const report: ImportReport = {
    study,
    units: 0,
    read: 0,
    stored: 0,
    unchanged: 0,
    refused: 0,
    consentsRecorded: 0,
    repaired: {},
    refusals: [],
    findings: [],
    byType: {},
    elapsedMs: 0,
    cancelled: false,
    dryRun: false,
  }
  const reasons = new Map<string, ImportReport['refusals'][number]>()
  const findings = openFindings()
  return {
    report,
    whole: () => ({ ...report, findings: findings.list() }),
    repaired(prepared) {
      findings.repaired(prepared)
      for (const { rule } of prepared.repairs) report.repaired[rule] = (report.repaired[rule] ?? 0) + 1
    },
    stored({ items }, outcomes) {
      report.units += 1
      report.read += items.length
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.outcome === 'unchanged') {
          report.unchanged += 1
          continue
        }
        report.stored += 1
        const type = items[place]?.type ?? ''
        report.byType[type] = (report.byType[type] ?? 0) + 1
      }
    },
    refused(line, refusal, resources) {
      report.units += 1
      report.read += resources
      report.refused += resources
      findings.refused(line, refusal)
      const detail = detailOf(refusal)
      const key = `${refusal.refusal}|${detail}`
      const told = reasons.get(key) ?? { reason: refusal.refusal, detail, count: 0, lines: [] }
      told.count += 1
      addLine(told.lines, line)
      if (!reasons.has(key)) report.refusals.push(told)
      reasons.set(key, told)
    },
  }
}

// Batches end out of order; a report names the first lines, in order.
function addLine(lines: number[], line: number): void {
  let at = lines.length
  while (at > 0 && (lines[at - 1] ?? 0) > line) at -= 1
  lines.splice(at, 0, line)
  if (lines.length > linesMax) lines.pop()
}

function detailOf(refusal: Refusal): string {
  const missing = 'missing' in refusal && refusal.missing.length > 0 ? ` Missing: ${refusal.missing.join(', ')}.` : ''
  const [first] = 'issues' in refusal && refusal.issues !== undefined ? refusal.issues : []
  const where = first === undefined ? '' : ` ${withoutPlaces(first.path)}: ${first.message}`
  const remedy = 'remedy' in refusal ? ` ${refusal.remedy}` : ''
  return `${refusal.detail}${missing}${where}${remedy}`
}

// The same fault in another entry is the same reason.
const withoutPlaces = (path: string): string => path.replace(/^Bundle\.entry\[\d+\]\.resource: /, '').replaceAll(/\[\d+\]/g, '')
