import { createReadStream, existsSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import type { CodeListPage, CodeLists, LoadedCodeList, UnmappedCodes } from '@aquifer/core/contract'
import { openClient, type Need } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study?: string
  url?: string
  json?: boolean
}
interface LoadFlags extends Flags {
  name?: string
  title?: string
  edition?: string
  system?: string
  check?: boolean
}
interface ShowFlags extends Flags {
  version?: string
  limit: string
  from?: string
  used?: boolean
}

const path = '/query/api/v1/code-lists'
const needs = (study: string | undefined): Need =>
  study === undefined ? { role: 'administrator' } : { role: 'study-manager', studies: [study] }

/** Code lists: loaded from files, shown with counts; what of the data is in none of them. */
export function codesCommand(): Command {
  const load = new Command('load')
    .description('the next version of a code list, for a study, or as an administrator for all')
    .argument(
      '<file>',
      'CSV with a head line (code, display, system, target_system, target_code, target_display, equivalence), or a ValueSet, CodeSystem or ConceptMap as JSON',
    )
    .option('--name <name>', 'name of the list (default: that of the file)')
    .option('--title <title>', 'what it is')
    .option('--edition <edition>', 'edition of the published list, such as 2.78')
    .option('--system <system>', 'code system of all its codes: a URI, or loinc, snomed, rxnorm, atc, icd-10, icd-10-cm, cvx, ndc')
    .option('--check', 'only say what it would be; nothing is stored')
    .action(loadList)
  const list = new Command('list').description('code lists and their versions').action(listAll)
  const show = new Command('show')
    .description('codes of a list and how many people of the study have them')
    .argument('<name>', 'the list')
    .option('--version <n>', 'another version than the newest')
    .option('--from <n>', 'first row, from 0')
    .option('--limit <n>', 'rows at most', '100')
    .option('--used', 'only codes that the study’s data hold')
    .action(showList)
  const unmapped = new Command('unmapped').description('codes in the study’s masked data that no loaded list has').action(showUnmapped)
  const codes = new Command('codes').description('code lists: LOINC, SNOMED, RxNorm, ATC, ICD or a study’s own')
  for (const command of [load, list, show, unmapped])
    codes.addCommand(
      command
        .option('--study <id>', 'the study (default: lists of all studies)')
        .option('--url <url>', 'address of the server')
        .option('--json', 'the answer as JSON'),
    )
  return codes
}

const say = (json: boolean | undefined, answer: unknown, words: () => string): void => {
  process.stdout.write(json === true ? `${JSON.stringify(answer)}\n` : words())
}
const table = (columns: Record<string, string>, rows: unknown[][]): string =>
  tableText({ columns: Object.entries(columns).map(([name, type]) => ({ name, type })), rows })

async function loadList(file: string, { study, url, json, name, title, edition, system, check }: LoadFlags): Promise<void> {
  if (!existsSync(file)) throw new CommandFailed(`${file}: cannot be read`)
  const asked =
    name ??
    basename(file)
      .replace(/\.[^.]*$/, '')
      .toLowerCase()
  const client = await openClient({ url })
  const loaded = await client
    .json<LoadedCodeList>({
      method: 'POST',
      path,
      query: { study, name: asked, title, edition, system, check: check === true ? 'true' : undefined },
      headers: { 'content-type': file.endsWith('.json') ? 'application/json' : 'text/csv' },
      body: createReadStream(file),
      need: needs(study),
    })
    .catch((error: unknown) => {
      throw error instanceof CommandFailed ? new CommandFailed(`${file}: ${error.message}`) : error
    })
  for (const { place, what } of loaded.warnings) process.stderr.write(`${file}: ${place}: ${what}\n`)
  const state =
    loaded.version === null
      ? 'checked, not stored'
      : loaded.unchanged
        ? `version ${loaded.version} has these rows already`
        : `version ${loaded.version}`
  say(json, loaded, () => `${loaded.name}: ${state}, ${loaded.rows} rows\n`)
}

async function listAll({ study, url, json }: Flags): Promise<void> {
  const client = await openClient({ url })
  const answer = await client.json<CodeLists>({ path, query: { study }, need: needs(study) })
  const rows = answer.lists.flatMap(({ name, scope, title, versions }) =>
    versions.map(({ version, edition, rows: count, by, at }) => [name, version, scope, count, edition, by, at.slice(0, 10), title]),
  )
  const columns = { name: '', version: 'INTEGER', for: '', rows: 'INTEGER', edition: '', by: '', loaded: '', title: '' }
  say(json, answer, () => table(columns, rows))
}

async function showList(name: string, { study, url, json, version, from, limit, used }: ShowFlags): Promise<void> {
  const client = await openClient({ url })
  const query = { study, version, from, limit, used: used === true ? 'true' : undefined }
  const page = await client.json<CodeListPage>({ path: `${path}/${encodeURIComponent(name)}`, query, need: needs(study) })
  const rows = page.entries.map(({ system, code, display, targetSystem, targetCode, people }) => [
    system,
    code,
    display,
    targetCode === null ? null : `${targetSystem ?? ''}|${targetCode}`,
    people,
  ])
  const columns = { system: '', code: '', display: '', target: '', people: 'INTEGER' }
  const counted = page.used === null ? '' : `, ${page.used} of them in the data`
  say(json, page, () => `${name}, version ${page.version}: ${page.rows} rows${counted}\n${table(columns, rows)}`)
  if (page.next !== null && json !== true) process.stderr.write(`more: --from ${page.next}\n`)
}

async function showUnmapped({ study, url, json }: Flags): Promise<void> {
  if (study === undefined) throw new WrongUsage('Name the study by --study.')
  const client = await openClient({ url })
  const found = await client.json<UnmappedCodes>({ path: '/query/api/v1/unmapped-codes', query: { study }, need: needs(study) })
  const systems = found.systems.map(({ system, lists, codes, unmapped }) => [
    system ?? '(none)',
    lists.join(', ') || '(no list)',
    codes,
    unmapped,
  ])
  const codes = found.codes.map(({ element, system, code, people, because }) => [element, system ?? '(none)', code, people, because])
  say(json, found, () =>
    [
      table({ system: '', lists: '', codes: 'INTEGER', unmapped: 'INTEGER' }, systems),
      table({ element: '', system: '', code: '', people: 'INTEGER', because: '' }, codes),
    ].join('\n'),
  )
  if (found.truncated) process.stderr.write('not all are shown\n')
}
