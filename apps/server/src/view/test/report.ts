import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { byCompiledSql, byRunner, suiteFiles, type Outcome, type SuiteFile } from './suite-run.js'

// `npm run views:report [-- SUITE]`: both engines through the suite, as reports in its standard form and counts on stdout.

const out = new URL('../../../../../docs/sql-on-fhir/', import.meta.url).pathname
const files = suiteFiles(process.argv[2] ?? process.env['AQUIFER_TEST_DATA'])
if (files.length === 0) {
  console.error('no suite: name a folder of its test files, or set AQUIFER_TEST_DATA')
  process.exit(2)
}

type Run = (one: SuiteFile['tests'][number], file: SuiteFile) => Promise<Outcome>
async function report(name: string, run: Run): Promise<boolean> {
  const whole: Record<string, { tests: { name: string; result: Outcome }[] }> = {}
  let [passed, all] = [0, 0]
  for (const file of files) {
    const tests: { name: string; result: Outcome }[] = []
    for (const one of file.tests) {
      const result = await run(one, file)
      tests.push({ name: one.title, result })
      all++
      if (result.passed) passed++
      else console.error(`${name}: ${file.file}: ${one.title}: ${result.error ?? ''}`)
    }
    whole[file.file] = { tests }
  }
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(whole, null, 2)}\n`)
  console.log(`${name}: ${passed} of ${all} passed`)
  return passed >= all * 0.95
}

const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
const connection = await instance.connect()
const good = [
  await report('test_report', byRunner),
  await report('test_report.compiled', (one, file) => byCompiledSql(connection, one, file)),
]
connection.closeSync()
instance.closeSync()
process.exitCode = good.every(Boolean) ? 0 : 1
