import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResultColumn } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { countsOnly } from '@aquifer/core/small-cells'
import type { Engines } from '../engines.js'
import { refusalOfFault } from '../faults.js'
import { runIn, seated } from '../in-engine.js'
import { keptResultBytesMax } from '../limits.js'
import type { StatementWork } from '../run-statement.js'
import type { CountsTold } from './desk.js'

// Types that text becomes again as it was; others are kept as text.
const kept = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|BOOLEAN|DATE|TIMESTAMP)$/
const typeKept = (type: string): string => (kept.test(type) ? type : type.startsWith('DECIMAL') ? 'DOUBLE' : 'VARCHAR')

/** Each row with the state of its figures behind it, so that in a file no hidden cell can be taken for one without a value. */
function withStates({ rows, suppressed, figures }: CountsTold): unknown[][] {
  const hidden = new Map(
    suppressed.map(([row, column, why]) => [`${row} ${column}`, why === 'primary' ? countsOnly.show : countsOnly.besides]),
  )
  return rows.map((row, at) => [...row, ...figures.map((column) => hidden.get(`${at} ${column}`) ?? 'told')])
}

/** Writes figures as they are told where results are kept: nothing that is hidden reaches the file. */
export async function keepTold(
  engines: Engines,
  work: StatementWork,
  { told, path }: { told: CountsTold; path: string },
): Promise<ResultColumn[] | Refusal> {
  const columns = told.columns.map(({ name, type }) => ({ name, type: typeKept(type) }))
  const marks = told.figures.map((column) => ({ name: columns[column]!.name, type: 'VARCHAR' }))
  const selected = [...columns, ...marks].map(({ type }, at) => `CAST(json_extract_string(r, '$[${at}]') AS ${type}) AS c${at}`).join(', ')
  const sql = `SELECT ${selected} FROM (SELECT unnest(CAST($rows AS JSON[])) AS r)`
  const parameters = { rows: { type: 'text' as const, value: JSON.stringify(withStates(told)) } }
  const asked = { ...work, filesFolder: work.files.folder }
  const ran = await seated(engines, asked, async (engine) => {
    const written = join(engine.spillFolder, `${randomUUID()}.rows`)
    const run = { ground: [], setup: [], fileTables: [], files: [], schema: work.study, sql, parameters, format: 'json' as const }
    const limits = { rowsMax: told.rows.length, bytesMax: keptResultBytesMax, kept: { path: written, mode: 'write' as const } }
    const hear = { take: () => undefined, faulty: (said: string) => refusalOfFault(said, { sql: '', offset: 0 }) }
    const done = await runIn(engine, { ...run, ...limits }, asked, hear)
    if (isRefusal(done)) for (const end of ['', '.wal']) await rm(written + end, { force: true })
    else await rename(written, path)
    return done
  })
  return isRefusal(ran) ? ran : columns
}
