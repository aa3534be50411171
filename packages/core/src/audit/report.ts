import type { TrailRecord } from './event.js'

/** The columns of a Part 11 report, in the order they are printed. */
export const reportColumns = [
  'record',
  'at_utc',
  'at_study',
  'user',
  'external_user',
  'name',
  'role',
  'action',
  'what',
  'study',
  'outcome',
  'persons',
  'resources',
  'from',
  'correlation_id',
  'reason',
] as const
export type ReportColumn = (typeof reportColumns)[number]
export type ReportRow = Readonly<Record<ReportColumn, string>>

export function reportRow(record: TrailRecord, atStudy: string): ReportRow {
  const { route, status, refusal } = record.detail
  return {
    record: record.id,
    at_utc: record.at,
    at_study: atStudy,
    user: record.actor,
    external_user: record.external ?? record.actor,
    name: record.name ?? '',
    role: record.role,
    action: record.action,
    what: [route, status, refusal].filter((part) => typeof part === 'string' || typeof part === 'number').join(' '),
    study: record.study ?? '',
    outcome: record.outcome,
    persons: record.patients.join(' '),
    resources: record.entries.map(resourceText).join(' '),
    from: record.source ?? '',
    correlation_id: record.request,
    reason: record.reason ?? '',
  }
}

function resourceText({ op, type, rid, version }: Readonly<Record<string, unknown>>): string {
  const told = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
  return `${told(op)}:${told(type)}#${told(rid)}${told(version) === '' ? '' : `v${told(version)}`}`
}

/** A field for RFC 4180 that no spreadsheet runs as a formula. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
export const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`
