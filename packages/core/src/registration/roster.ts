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

const isAddress = (text: string): boolean => /^[^\s@<>",;]{1,64}@[A-Za-z0-9.-]{1,190}$/.test(text)

/** Everybody on the list, or every wrong line with what is wrong there; a cell's own text is never repeated. */
export function judgeRoster(rows: readonly RosterRow[], sites: readonly string[]): RosterEntry[] | { line: number; what: string }[] {
  const entries: RosterEntry[] = []
  const faults: { line: number; what: string }[] = []
  const seen = new Map<string, number>()
  for (const { line, cells } of rows) {
    const said = (name: string): string => (cells[name] ?? '').trim()
    const [address, language, named] = [said('email'), said('language') || 'en', said('site')]
    const [only, another] = sites
    const site = named === '' ? (another === undefined ? (only ?? null) : null) : named
    const before = seen.get(address.toLowerCase())
    if (!isAddress(address)) faults.push({ line, what: 'email is not an address' })
    else if (before !== undefined) faults.push({ line, what: `email is that of line ${before}` })
    if (!isLanguage(language)) faults.push({ line, what: 'language is a tag such as en or de-CH' })
    if (site !== null && !sites.includes(site)) faults.push({ line, what: 'site is none of the study’s within your reach' })
    if (site === null && sites.length > 0) faults.push({ line, what: 'site is needed: the study has several' })
    if (before === undefined) seen.set(address.toLowerCase(), line)
    entries.push({ address, language, site })
  }
  return faults.length > 0 ? faults : entries
}
