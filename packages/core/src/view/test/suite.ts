import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export interface SuiteTest {
  title: string
  tags?: string[]
  view: unknown
  expect?: Record<string, unknown>[]
  expectError?: boolean
  expectColumns?: string[]
}
export interface SuiteFile {
  file: string
  resources: string
  tests: SuiteTest[]
}

/** Files of the SQL on FHIR v2 suite (MIT) in the folder of real test data; none when the folder is not there. */
export function suiteFiles(folder: string | undefined): SuiteFile[] {
  const archive = `${folder ?? ''}/sql-on-fhir-v2-tests.tar.gz`
  if (!folder || !existsSync(archive)) return []
  const tar = (...args: string[]): string => execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 64e6 })
  const names = tar('tzf', archive)
    .split('\n')
    .filter((name) => /\/tests\/[^/]+\.json$/.test(name))
  return names.map((name) => {
    const text = tar('xzOf', archive, name)
    return { file: name.split('/').pop() ?? name, resources: text, tests: (JSON.parse(text) as { tests: SuiteTest[] }).tests }
  })
}
