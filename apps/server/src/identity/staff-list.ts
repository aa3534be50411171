import { CsvError, parse } from 'csv-parse/sync'
import type { LineFault, PersonDraft } from '@aquifer/core/identity'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository } from '../repository/index.js'

const rowsMax = 10_000

/** A staff list with a head line, each row with the line it stands in. */
export function readStaffList(text: string): { line: number; cells: Record<string, string> }[] | Refusal {
  try {
    const rows = parse(text, {
      columns: (head: string[]) => head.map((name) => name.trim().toLowerCase()),
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      to: rowsMax + 1,
    }) as unknown as { record: Record<string, string>; info: { lines: number } }[]
    if (rows.length > rowsMax) return refuse('too-large', { detail: `A list has at most ${rowsMax} people.` })
    return rows.map(({ record, info }) => ({ line: info.lines, cells: record }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1
    return refuse('invalid', { detail: `line ${line}: the list is not CSV with the same columns in each line` })
  }
}

/** One person of a request in the form of a list's row, so that both pass the same rules. */
export function cellsOf(
  person: Partial<Record<'name' | 'display' | 'email' | 'role' | 'subject', string | undefined>> & {
    studies?: readonly string[] | undefined
    sites?: readonly string[] | undefined
    patient?: string | null | undefined
    actor?: string | null | undefined
  },
): Record<string, string> {
  return {
    name: person.name ?? '',
    display: person.display ?? '',
    email: person.email ?? '',
    role: person.role ?? '',
    studies: (person.studies ?? []).join(' '),
    sites: (person.sites ?? []).join(' '),
    patient: person.patient ?? '',
    subject: person.subject ?? '',
    actor: person.actor ?? '',
  }
}

/** Studies and sites that are not there. */
export async function placeFaults(
  repository: Repository,
  drafts: readonly PersonDraft[],
  lines: readonly number[] = [1],
): Promise<LineFault[]> {
  const studies = new Map((await repository.studies.list()).map((study) => [study.id, study.sites.map((site) => site.id)]))
  return drafts.flatMap((draft, at) => {
    const named = draft.studies === 'all' ? [...studies.keys()] : draft.studies
    const line = lines[at] ?? 1
    const missing = named.filter((id) => !studies.has(id)).map((id) => ({ line, what: `there is no study ${id}` }))
    const sites = new Set(named.flatMap((id) => studies.get(id) ?? []))
    return [
      ...missing,
      ...draft.sites.filter((id) => !sites.has(id)).map((id) => ({ line, what: `there is no site ${id} in these studies` })),
    ]
  })
}
