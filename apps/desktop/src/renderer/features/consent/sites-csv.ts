import type { ConsentSummary, StudyView } from '@aquifer/core/contract'
import { unformula } from '../notebook/csv.js'

const columns = ['enrolled', 'active', 'proposed', 'suspended', 'withdrawn', 'expired', 'missing'] as const
const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The page's figures by site, with what they rest on in the first line. */
export function sitesCsv(study: StudyView, summary: ConsentSummary): string {
  const { enrolled, byStatus } = summary.total
  const lines = [
    quote(`# ${study.name} · as of ${summary.asOf} · epoch ${summary.epoch} · required: ${summary.required.join(', ') || 'none'}`),
    ['site', ...columns].join(','),
    ...summary.bySite.map((row) => [quote(unformula(row.site ?? '')), ...columns.map((column) => row[column])].join(',')),
    ['all', enrolled, ...columns.slice(1).map((column) => byStatus[column as keyof typeof byStatus])].join(','),
  ]
  return `${lines.join('\r\n')}\r\n`
}
