import { isLanguage } from './letter.js'

/** The columns of a list of people to invite; all but the address may be left out. */
export const rosterColumns = ['email', 'language', 'site'] as const

export interface RosterRow {
  /** in the file, counted from 1 with the header */
  line: number
  cells: Readonly<Record<string, string>>
}
export interface RosterEntry {
  address: string
  language: string
  site: string | null
}
export interface JudgedLine {
  line: number
  entry: RosterEntry
  /** what is wrong there; empty: nothing */
  faults: string[]
}

const isAddress = (text: string): boolean => /^[^\s@<>",;]{1,64}@[A-Za-z0-9.-]{1,190}$/.test(text)

/** Every line and what is wrong with it; a cell's own text is never repeated in a fault. `invited`: addresses in lower case that stand open. */
export function judgeLines(rows: readonly RosterRow[], sites: readonly string[], invited: ReadonlySet<string> = new Set()): JudgedLine[] {
  const seen = new Map<string, number>()
  return rows.map(({ line, cells }) => {
    const faults: string[] = []
    const said = (name: string): string => (cells[name] ?? '').trim()
    const [address, language, named] = [said('email'), said('language') || 'en', said('site')]
    const [only, another] = sites
    const site = named === '' ? (another === undefined ? (only ?? null) : null) : named
    const before = seen.get(address.toLowerCase())
    if (!isAddress(address)) faults.push('email is not an address')
    else if (before !== undefined) faults.push(`email is that of line ${before}`)
    else if (invited.has(address.toLowerCase())) faults.push('email has an invitation that stands open')
    if (!isLanguage(language)) faults.push('language is a tag such as en or de-CH')
    if (site !== null && !sites.includes(site)) faults.push('site is none of the study’s within your reach')
    if (site === null && sites.length > 0) faults.push('site is needed: the study has several')
    if (before === undefined) seen.set(address.toLowerCase(), line)
    return { line, entry: { address, language, site }, faults }
  })
}

/** Everybody on the list, or every wrong line with what is wrong there. */
export function judgeRoster(
  rows: readonly RosterRow[],
  sites: readonly string[],
  invited?: ReadonlySet<string>,
): RosterEntry[] | { line: number; what: string }[] {
  const lines = judgeLines(rows, sites, invited)
  const faults = lines.flatMap(({ line, faults: found }) => found.map((what) => ({ line, what })))
  return faults.length > 0 ? faults : lines.map(({ entry }) => entry)
}
