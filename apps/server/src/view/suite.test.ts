import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byCompiledSql, byRunner, suiteFiles, type Outcome } from './test/suite-run.js'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const folder = process.env['AQUIFER_TEST_DATA']
const published = suiteFiles(folder && existsSync(`${folder}/sql-on-fhir-v2-tests.tar.gz`) ? folder : undefined)
if (published.length === 0) console.log('left out: the SQL on FHIR v2 suite (AQUIFER_TEST_DATA is not set)')

// What the specification says and the published part of the suite does not ask.
for (const file of suiteFiles(fileURLToPath(new URL('test/cases', import.meta.url)))) {
  describe(file.file, () => {
    for (const one of file.tests) {
      test(one.title, async () => {
        expect(await byRunner(one, file)).toEqual({ passed: true })
        expect(await byCompiledSql(connection, one, file)).toEqual({ passed: true })
      })
    }
  })
}

describe.skipIf(published.length === 0)('the published suite', () => {
  const engines = {
    'test_report.json': byRunner,
    'test_report.compiled.json': (...[one, file]: Parameters<typeof byRunner>) => byCompiledSql(connection, one, file),
  }
  for (const [report, run] of Object.entries(engines)) {
    test(`docs/sql-on-fhir/${report} tells what is true (npm run views:report)`, async () => {
      const found: Record<string, { tests: { name: string; result: Outcome }[] }> = {}
      for (const file of published) {
        const tests: { name: string; result: Outcome }[] = []
        for (const one of file.tests) tests.push({ name: one.title, result: await run(one, file) })
        found[file.file] = { tests }
      }
      const kept = readFileSync(new URL(`../../../../docs/sql-on-fhir/${report}`, import.meta.url), 'utf8')
      expect(found).toEqual(JSON.parse(kept))
    })
  }
})
