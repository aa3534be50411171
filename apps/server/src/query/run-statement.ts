import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkCounts,
  checkPeople,
  checkStatement,
  parametersIn,
  type CountPlan,
  type CountTable,
  type NumbersWanted,
  type StatementFault,
} from '@aquifer/core/query'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { StatementParameters } from '@aquifer/core/contract'
import type { ReservoirManifest } from '../reservoir/index.js'
import type { FlatTable } from '../view/index.js'
import type { ListFile } from './code-list-tables.js'
import { withCohorts, type CohortTable } from './cohort-tables.js'
import { EngineFault, EngineGone, type EngineProcess } from './engine-process.js'
import type { Engines } from './engines.js'
import { fileFault, type StudyFiles } from './file-tables.js'
import { refusalOfCheck, refusalOfFault, type Sent } from './faults.js'
import { runIn, seated, type EngineWork, type Ran } from './in-engine.js'
import { keptResultBytesMax, resultBytesMax } from './limits.js'
import { countTables } from './counts/count-tables.js'
import { prepareTables, studyTables, type Preparation } from './tables.js'

export interface StatementWork extends Omit<EngineWork, 'filesFolder'> {
  sql: string
  parameters?: StatementParameters
  limit: number
  format: 'arrow' | 'json'
  manifest: ReservoirManifest
  folder: string
  /** patient_key of people whose rows nobody may see any more. */
  withheld: readonly string[]
  /** Flat tables by views of the study's own. */
  own: readonly FlatTable[]
  /** files that are tables, too */
  files: StudyFiles
  /** Code lists of the study; asked where a statement reads them. */
  codeLists: () => Promise<readonly ListFile[]>
  /** Saved cohorts, which are tables. */
  cohorts?: readonly CohortTable[]
  /** A file that takes the rows instead of the answer; moved there once it is whole. */
  keepAs?: string
  /** `figures` of groups only: who they are of comes with them, and never leaves this process. `people`: rows that figures are made of. */
  counts?: 'figures' | 'people'
  /** Of counts: answered in place of running a text that may be asked. */
  instead?: Refusal
  /** Of `people`: columns of whose numbers figures are told. */
  numbers?: readonly NumbersWanted[]
}
export interface StatementResult extends Ran {
  chunks: Uint8Array[]
  /** Of counts. */
  plan?: CountPlan
}

const blank = /\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//y
const explain = /explain\b/iy

/** Takes a text through the gate and the engine. The caller's own words come back in refusals, the data's never. */
export async function runStatement(engines: Engines, work: StatementWork): Promise<StatementResult | Refusal> {
  return seated(engines, { ...work, filesFolder: work.files.folder }, (engine) => passGate(engine, work))
}

export interface StatementReading {
  tables: string[]
}

/** What a text would read, without running it. */
export async function readStatement(
  engines: Engines,
  work: Omit<EngineWork, 'filesFolder'> & Pick<StatementWork, 'sql' | 'parameters' | 'manifest' | 'own' | 'files' | 'cohorts'>,
): Promise<StatementReading | Refusal> {
  const offset = explainPrefix(work.sql).length
  const sql = work.sql.slice(offset)
  return seated(engines, { ...work, filesFolder: work.files.folder }, async (engine) => {
    const tree = await engine.parse(sql)
    const names = [...studyTables(work.manifest, work.own), ...work.files.files, ...(work.cohorts ?? [])].map(({ name }) => name)
    const checked = checkStatement(tree, { schema: work.study, tables: names, parameters: Object.keys(work.parameters ?? {}) })
    return 'detail' in checked ? refusalOfCheck(placed(checked, sql), { sql, offset }) : { tables: checked.tables }
  })
}

/** `EXPLAIN` with all that stands before it; one piece at a time, since no text may cost more than its length. */
function explainPrefix(sql: string): string {
  let at = 0
  for (blank.lastIndex = 0; blank.test(sql); at = blank.lastIndex);
  explain.lastIndex = at
  return explain.test(sql) ? sql.slice(0, explain.lastIndex) : ''
}

export const withoutExplain = (sql: string): string => sql.slice(explainPrefix(sql).length)

async function passGate(engine: EngineProcess, work: StatementWork): Promise<StatementResult | Refusal> {
  const prefix = explainPrefix(work.sql)
  const sent: Sent = { sql: work.sql.slice(prefix.length), offset: prefix.length }
  const tables = studyTables(work.manifest, work.own)
  const given = work.parameters ?? {}
  let parameters: StatementParameters = {}
  let preparation: Preparation
  try {
    const tree = await engine.parse(sent.sql)
    const taken = new Set([...tables, ...work.files.files].map(({ name }) => name))
    const cohorts = (work.cohorts ?? []).filter(({ name }) => !taken.has(name))
    const names = [...taken, ...cohorts.map(({ name }) => name)]
    const named = checkStatement(tree, { schema: work.study, tables: names, parameters: Object.keys(given) })
    if ('detail' in named) return refusalOfCheck(placed(named, sent.sql), sent)
    parameters = asWritten(given, named.parameters)
    const { checked, setup } = withCohorts(named, cohorts, work.study)
    const isCounts = work.counts !== undefined
    const isOfCodes = tables.some(({ kind, name }) => kind === 'codes' && checked.tables.includes(name))
    const lists = isOfCodes ? await work.codeLists() : []
    const columns = checked.columns === null || !isCounts ? checked.columns : new Set([...checked.columns, 'patient_key'])
    const prepared = prepareTables({ ...work, files: isCounts ? [] : work.files.files, lists }, tables, { ...checked, columns })
    preparation = { ...prepared, setup: [...prepared.setup, ...setup] }
    if (work.counts !== undefined) {
      const counted = { tree, tables: [...countTables(tables, work.own), ...cohorts.map(cohortAsCounted)], parameters, preparation }
      const passed = await passCounts(engine, work, { ...counted, isExplained: prefix !== '', sent })
      if (passed !== null) return passed
    }
  } catch (error) {
    if (error instanceof EngineFault) return refusalOfFault(error.said, sent)
    throw error
  }
  // Spaces keep the engine's positions those of the caller's text.
  const explained = prefix !== ''
  const sql = explained ? `EXPLAIN ${sent.sql}` : sent.sql
  const place = explained ? { sql, offset: prefix.length - 'EXPLAIN '.length } : sent
  return runInEngine(engine, { ...work, sql, parameters }, preparation, place)
}

/** What is wrong with a parameter is wrong where the text first names it; the gate counts in bytes. */
function placed(fault: StatementFault, sql: string): StatementFault {
  const found = parametersIn(sql).find(({ name }) => name === fault.parameter)
  return found === undefined ? fault : { ...fault, position: Buffer.byteLength(sql.slice(0, found.at)) }
}

/** The values that a statement asks for, by the names as it writes them: the engine tells upper from lower case. */
function asWritten(given: StatementParameters, names: readonly string[]): StatementParameters {
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = byName.get(name.toLowerCase())
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

interface Passed {
  tree: unknown
  tables: readonly CountTable[]
  parameters: StatementParameters
  preparation: Preparation
  isExplained: boolean
  sent: Sent
}

/** The second gate, and the statement as it is run for its figures; null: it may run as it stands, since its rows stay here. */
async function passCounts(
  engine: EngineProcess,
  work: StatementWork,
  { tree, tables, parameters, preparation, isExplained, sent }: Passed,
): Promise<StatementResult | Refusal | null> {
  if (isExplained)
    return refuse('statement-invalid', { detail: 'How many rows the engine expects is not told at the level “counts only”.' })
  const scope = { schema: work.study, tables, parameters }
  if (work.counts === 'people') {
    const fault = checkPeople(tree, scope, work.numbers)
    return fault === null ? (work.instead ?? null) : refusalOfCheck(fault, sent)
  }
  const plan = checkCounts(tree, scope)
  if ('detail' in plan) return refusalOfCheck(plan, sent)
  if (work.instead !== undefined) return work.instead
  const sql = await engine.render(plan.tree)
  // The text that ran is not the caller's: places in it mean nothing to him.
  const result = await runInEngine(engine, { ...work, sql, parameters, format: 'json' }, preparation, { sql: '', offset: 0 })
  return isRefusal(result) ? result : { ...result, plan }
}

const cohortAsCounted = ({ name }: CohortTable): CountTable => ({
  name,
  columns: [{ name: 'patient_key', type: 'VARCHAR' }],
  people: true,
  measured: false,
})

async function runInEngine(
  engine: EngineProcess,
  work: StatementWork,
  preparation: Preparation,
  sent: Sent,
): Promise<StatementResult | Refusal> {
  const chunks: Uint8Array[] = []
  const named = new Set(preparation.fileTables.map(({ name }) => name))
  const files = work.files.files.filter(({ name }) => named.has(name))
  const written = work.keepAs === undefined ? null : join(engine.spillFolder, `${crypto.randomUUID()}.rows`)
  const ran = await runIn(
    engine,
    {
      ...preparation,
      schema: work.study,
      sql: work.sql,
      parameters: work.parameters ?? {},
      format: work.format,
      rowsMax: work.limit,
      bytesMax: written === null ? resultBytesMax : keptResultBytesMax,
      ...(written === null ? {} : { kept: { path: written, mode: 'write' } }),
    },
    { ...work, filesFolder: work.files.folder },
    { take: (bytes) => void chunks.push(bytes), faulty: (said) => refusalOfFault(said, { ...sent, files }) },
  ).catch((error: unknown) => {
    // What is nested without end takes the engine's stack, and would again: nobody is told to try once more.
    if (!(error instanceof EngineGone) || error.reason === 'memory' || files.length === 0 || work.signal.aborted) throw error
    return refuse('statement-invalid', fileFault(files, files.length > 1 ? null : (files[0]?.name ?? null), ''))
  })
  if (isRefusal(ran)) {
    if (written !== null) for (const end of ['', '.wal']) await rm(written + end, { force: true })
    return ran
  }
  if (written !== null && work.keepAs !== undefined) await rename(written, work.keepAs)
  return { ...ran, chunks }
}
