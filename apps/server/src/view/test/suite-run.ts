import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { parseJson } from '@aquifer/core/fhir'
import { checkView, columnsOf, compileView, runView, withEngineDecimals, type ViewDefinition } from '@aquifer/core/view'
import { inferredColumns } from './inferred-columns.js'

// The SQL on FHIR v2 suite by each of our two engines. https://github.com/FHIR/sql-on-fhir-v2, folder tests.

type Rows = Record<string, unknown>[]
interface SuiteTest {
  title: string
  view: unknown
  expect?: Rows
  expectError?: boolean
  expectColumns?: string[]
}
export interface SuiteFile {
  file: string
  resources: Rows
  /** The same with plain numbers. */
  plain: Rows
  tests: SuiteTest[]
}
/** In the form of https://sql-on-fhir.org/ig/test-report. */
export interface Outcome {
  passed: boolean
  error?: string
}

/** Files of the suite: of a folder, or of the archive among the real test data. */
export function suiteFiles(folder: string | undefined): SuiteFile[] {
  if (folder === undefined || !existsSync(folder)) return []
  const archive = join(folder, 'sql-on-fhir-v2-tests.tar.gz')
  if (!existsSync(archive)) {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
    return names.sort().map((name) => suiteFile(name, readFileSync(join(folder, name), 'utf8')))
  }
  const tar = (...args: string[]): string => execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 64e6 })
  const names = tar('tzf', archive)
    .split('\n')
    .filter((name) => /\/tests\/[^/]+\.json$/.test(name))
  return names.sort().map((name) => suiteFile(name.split('/').pop() ?? name, tar('xzOf', archive, name)))
}

// Digits count where boundaries are asked for.
function suiteFile(file: string, text: string): SuiteFile {
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) throw new Error(`${file} is not JSON`)
  const whole: unknown = parsed.exact ? parsed.resource : withEngineDecimals(parsed.resource)
  const { resources } = whole as SuiteFile
  const plain = JSON.parse(text) as { resources: Rows; tests: SuiteTest[] }
  return { file, resources, plain: plain.resources, tests: plain.tests }
}

export const byRunner = (one: SuiteTest, { resources }: SuiteFile): Promise<Outcome> =>
  judged(one, (view) => Promise.resolve(runView(view, resources)))

/** What does not compile fails here; the platform runs it by the reference runner. */
export const byCompiledSql = (connection: DuckDBConnection, one: SuiteTest, { plain }: SuiteFile): Promise<Outcome> =>
  judged(one, async (view) => {
    const own = plain.filter(({ resourceType }) => resourceType === view.resource)
    const columns = inferredColumns(own, one.view)
    const compiled = compileView(view, { from: 'suite', columns, key: '_id', besides: [], displays: null })
    if ('notCompilable' in compiled) throw new Error(`does not compile: ${compiled.notCompilable}`)
    await load(connection, own, columns)
    const read = await connection.runAndReadAll(compiled.sql)
    return read
      .getRowObjectsJson()
      .map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, plainValue(value, compiled.columns.find((each) => each.name === name)?.type)]),
        ),
      )
  })

// Whole numbers come as text, since they may be longer than JavaScript's.
function plainValue(value: unknown, type = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => plainValue(each, type.replace(/\[\]$/, '')))
  return typeof value === 'string' && type === 'BIGINT' ? Number(value) : value
}

async function load(connection: DuckDBConnection, resources: Rows, columns: Record<string, string>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aquifer-suite-'))
  const file = join(folder, 'rows.ndjson')
  writeFileSync(file, resources.map((resource) => `${JSON.stringify({ ...resource, _id: resource['id'] })}\n`).join(''))
  const spec = Object.entries({ _id: 'VARCHAR', ...columns })
    .map(([name, of]) => `'${name}': '${of.replaceAll("'", "''")}'`)
    .join(', ')
  try {
    await connection.run(
      `CREATE OR REPLACE TABLE suite AS SELECT * FROM read_json('${file}', format='newline_delimited', columns={${spec}})`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function judged(one: SuiteTest, rowsOf: (view: ViewDefinition) => Promise<Rows>): Promise<Outcome> {
  const checked = checkView(one.view)
  if ('problems' in checked) {
    const error = checked.problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return one.expectError ? { passed: true } : { passed: false, error }
  }
  try {
    const rows = await rowsOf(checked.view)
    return one.expectError ? { passed: false, error: 'an error was due' } : compared(one, checked.view, rows)
  } catch (error) {
    return one.expectError ? { passed: true } : { passed: false, error: (error as Error).message.split('\n')[0] ?? '' }
  }
}

function compared({ expect, expectColumns }: SuiteTest, view: ViewDefinition, rows: Rows): Outcome {
  const names = columnsOf(view).map(({ name }) => name)
  if (expectColumns && expectColumns.join() !== names.join()) return { passed: false, error: `columns ${names.join()}` }
  if (expect === undefined) return { passed: true }
  const [found, due] = [sorted(rows), sorted(expect)]
  return found.join('\n') === due.join('\n')
    ? { passed: true }
    : { passed: false, error: `rows ${found.join(' ')} where ${due.join(' ')} are due` }
}

const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown
const sorted = (rows: Rows): string[] =>
  rows
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(plainJson(row) as object).sort(([a], [b]) => (a < b ? -1 : 1)))))
    .sort()
