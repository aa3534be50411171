import { checkEntries, listNamePattern, type CodeListEntry, type ListFault } from '@aquifer/core/code-list'
import {
  codeListRowsMax,
  type CodeListPage,
  type CodeLists as CodeListsAnswer,
  type CodeListSummary,
  type LoadedCodeList,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { countsOnly } from '@aquifer/core/small-cells'
import type { CodeListHead, Repository, Study } from '../repository/index.js'
import { entriesOf, packed, readList, unpacked } from './code-list-input.js'
import type { ListFile } from './code-list-tables.js'

/** Code lists as statements see them: of a study its own and those of all studies; a study's own list hides another one of its name. */
export interface CodeLists {
  standing(sid: number | null): Promise<readonly CodeListHead[]>
  /** The lists as files in the study's reservoir. */
  files(study: Pick<Study, 'id' | 'sid'>): Promise<readonly ListFile[]>
  /** They were changed. */
  forget(): void
}
type Store = Pick<Repository, 'codeLists'>
export interface CodeListParts {
  repository: Store
  /** Makes the file of a list's rows where there is none yet. */
  fileOf: (study: string, sha256: string, rows: () => Promise<Buffer>) => Promise<string>
  now: () => number
}

// Another process may have loaded some.
const staleMs = 5_000
const listsMax = 200

export function openCodeLists({ repository, fileOf, now }: CodeListParts): CodeLists {
  let known: { at: number; heads: Promise<CodeListHead[]> } | null = null
  const making = new Map<string, Promise<string>>()
  const standing = async (sid: number | null): Promise<CodeListHead[]> => {
    if (known === null || now() - known.at >= staleMs) known = { at: now(), heads: repository.codeLists.heads() }
    known.heads.catch(() => (known = null))
    const heads = await known.heads
    const own = heads.filter((head) => sid !== null && head.sid === sid)
    const names = new Set(own.map(({ name }) => name))
    return [...own, ...heads.filter((head) => head.sid === null && !names.has(head.name))]
  }
  const file = (study: string, head: CodeListHead): Promise<string> => {
    const key = `${study} ${head.sha256}`
    const rows = async (): Promise<Buffer> => unpacked((await repository.codeLists.content(head)) ?? Buffer.alloc(0))
    const made = making.get(key) ?? fileOf(study, head.sha256, rows).finally(() => making.delete(key))
    making.set(key, made)
    return made
  }
  return {
    standing,
    async files({ id, sid }) {
      const heads = await standing(sid)
      const newest = newestOf(heads)
      const files: ListFile[] = []
      for (const head of heads) {
        const { name, version } = head
        files.push({ name, version, newest: newest.get(name) === head, path: await file(id, head) })
      }
      return files
    },
    forget() {
      known = null
    },
  }
}

// Heads come newest first.
const newestOf = (heads: readonly CodeListHead[]): Map<string, CodeListHead> =>
  new Map([...heads].reverse().map((head) => [head.name, head]))

/** People by system and code of a list that the data hold, as they may be told. */
export type CountList = (study: Study, list: { name: string; version: number }) => Promise<Map<string, number | string> | Refusal>
export const codeKey = (system: string | null, code: string): string => `${system ?? ''}\u0001${code}`

export interface LoadAsked {
  name: string
  title?: string | undefined
  edition?: string | undefined
  system?: string | undefined
  text: string
  check: boolean
  by: string
}
export interface PageAsked {
  name: string
  version: number | null
  from: number
  limit: number
  /** Only codes that the data hold. */
  used: boolean
  counted: boolean
  /** As who gets counts only may see them: what few have is as what nobody has. */
  told?: ToldCodes | undefined
}
export interface ToldCodes {
  /** A count of people as it may be told; null: few or none. */
  people(code: string, count: number | string): number | null
  /** A number of codes, the same until the next cut-over. */
  codes(cell: string, count: number): number
}
export interface CodeListDesk {
  list(study: Study | null): Promise<CodeListsAnswer>
  load(study: Study | null, asked: LoadAsked): Promise<LoadedCodeList | Refusal>
  page(study: Study | null, asked: PageAsked): Promise<CodeListPage | Refusal>
}

export function openCodeListDesk(parts: { repository: Store; lists: CodeLists; count: CountList; now: () => number }): CodeListDesk {
  const { repository, lists } = parts
  return {
    async list(study) {
      const heads = await lists.standing(study?.sid ?? null)
      return { study: study?.id ?? null, lists: [...newestOf(heads).keys()].sort().map((name) => summaryOf(name, heads)) }
    },
    load: (study, asked) => load(parts, study, asked),
    async page(study, { name, version, from, limit, used, counted, told }) {
      const heads = await lists.standing(study?.sid ?? null)
      const head = version === null ? newestOf(heads).get(name) : heads.find((each) => each.name === name && each.version === version)
      if (head === undefined) return refuse('unknown', { detail: 'There is no such code list here.' })
      const exact = study === null || !counted ? null : await parts.count(study, { name, version: head.version })
      if (isRefusal(exact)) return exact
      const counts = exact === null || told === undefined ? exact : toldCounts(exact, told)
      const none = told === undefined ? 0 : countsOnly.show
      const all = entriesOf(await unpacked((await repository.codeLists.content(head)) ?? Buffer.alloc(0)))
      const people = ({ system, code }: CodeListEntry): number | string | null => counts && (counts.get(codeKey(system, code)) ?? none)
      const found = used && counts !== null ? all.filter((entry) => people(entry) !== none) : all
      const end = from + limit
      return {
        ...summaryOf(name, heads),
        study: study?.id ?? null,
        version: head.version,
        rows: head.rows,
        used: counts?.size ?? null,
        entries: found.slice(from, end).map((entry) => ({ ...entry, people: people(entry) })),
        next: end < found.length ? end : null,
      }
    },
  }
}

function toldCounts(exact: ReadonlyMap<string, number | string>, told: ToldCodes): Map<string, number | string> {
  return new Map(
    [...exact].flatMap(([key, people]) => {
      const rounded = told.people(key, people)
      return rounded === null ? [] : [[key, rounded] as const]
    }),
  )
}

async function load(
  { repository, lists, now }: { repository: Store; lists: CodeLists; now: () => number },
  study: Study | null,
  { name, title, edition, system, text, check, by }: LoadAsked,
): Promise<LoadedCodeList | Refusal> {
  if (!listNamePattern.test(name))
    return refuse('bad-parameter', {
      detail: 'A list’s name has lower case letters, digits, _ and -, and begins with a letter.',
      parameter: 'name',
    })
  const read = readList(text, codeListRowsMax)
  if ('faults' in read) return refusedList(read.faults)
  const checked = checkEntries(read.rows, system ?? null)
  if ('faults' in checked) return refusedList(checked.faults)
  const { entries, warnings } = checked
  const { content, sha256 } = await packed(entries)
  lists.forget()
  const scope = study?.sid ?? null
  const before = (await repository.codeLists.heads()).filter((head) => head.sid === scope)
  const newest = newestOf(before).get(name)
  const head: CodeListHead = {
    sid: scope,
    name,
    version: (newest?.version ?? 0) + 1,
    title: title ?? read.title ?? newest?.title ?? name,
    edition: edition ?? read.edition ?? null,
    systems: [...new Set(entries.map((entry) => entry.system))].sort().slice(0, 100),
    rows: entries.length,
    sha256,
    by,
    at: now(),
  }
  const unchanged = newest?.sha256 === sha256 && newest.title === head.title && newest.edition === head.edition
  const answer = (heads: readonly CodeListHead[], version: number | null): LoadedCodeList => ({
    ...summaryOf(name, heads),
    study: study?.id ?? null,
    version,
    rows: entries.length,
    unchanged,
    warnings,
  })
  if (check) return answer([{ ...head }, ...before], null)
  if (unchanged) return answer(before, newest.version)
  if (newest === undefined && newestOf(before).size >= listsMax)
    return refuse('business-rule', { detail: `There are at most ${listsMax} code lists.` })
  if ((await repository.codeLists.add(head, content)) === null) return refuse('conflict', { detail: 'The list was changed meanwhile.' })
  lists.forget()
  return answer([head, ...before], head.version)
}

function summaryOf(name: string, heads: readonly CodeListHead[]): CodeListSummary {
  const versions = heads.filter((head) => head.name === name)
  const [newest] = versions
  return {
    name,
    title: newest?.title ?? name,
    scope: newest?.sid == null ? 'all' : 'study',
    systems: newest?.systems ?? [],
    versions: versions.map(({ version, edition, rows, by, at, sha256 }) => ({
      version,
      edition,
      rows,
      by,
      at: new Date(at).toISOString(),
      sha256,
    })),
  }
}

function refusedList(faults: readonly ListFault[]): Refusal {
  const issues = faults.map(({ place, what }) => ({ severity: 'error' as const, path: place, code: 'invalid', message: what }))
  const told = faults.slice(0, 10).map(({ place, what }) => `${place}: ${what}`)
  const more = faults.length > told.length ? [`and ${faults.length - told.length} more`] : []
  return refuse('invalid', { detail: [...told, ...more].join('; '), issues })
}
