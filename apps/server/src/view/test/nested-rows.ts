import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { nestedColumnTypes } from '../../reservoir/nested-schema.js'

export interface MaskedRow {
  _id: string
  patient_key: string | null
  _date: string | null
  resource: Record<string, unknown>
}

/** Makes table `rows_<type>` with the columns of a nested reservoir file. */
export async function loadNestedRows(connection: DuckDBConnection, type: string, rows: MaskedRow[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'aquifer-rows-'))
  const file = join(folder, 'rows.ndjson')
  writeFileSync(
    file,
    rows
      .map(({ _id, patient_key, _date, resource }) => JSON.stringify({ _id, _v: 1, patient_key, _date, ...resource, id: undefined }))
      .join('\n'),
  )
  const columns = Object.entries({
    _id: 'VARCHAR',
    _v: 'BIGINT',
    patient_key: 'VARCHAR',
    _date: 'VARCHAR',
    _year: 'INTEGER',
    _site: 'VARCHAR',
    masking_policy: 'VARCHAR',
    ...nestedColumnTypes(type),
  })
  const spec = columns.map(([name, of]) => `'${name}': '${of.replaceAll("'", "''")}'`).join(', ')
  try {
    await connection.run(
      `CREATE OR REPLACE TABLE "rows_${type}" AS SELECT * REPLACE ('safe-harbor v1' AS masking_policy, coalesce(TRY_CAST(left(_date, 4) AS INTEGER), 0) AS _year)
       FROM read_json('${file}', format='newline_delimited', ignore_errors=true, maximum_object_size=67108864, columns={${spec}})`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
  return `"rows_${type}"`
}
