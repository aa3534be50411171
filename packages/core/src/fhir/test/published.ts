import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Folder of the published definitions, examples and data; undefined where there is none. */
export const dataDir = process.env['AQUIFER_TEST_DATA']

export function leftOut(what: string): void {
  console.log(`left out, AQUIFER_TEST_DATA is not set: ${what}`)
}

/** The files of a published archive, by name. */
export function publishedFiles(folder: string, archive: string): { file: string; text: string }[] {
  const target = mkdtempSync(join(tmpdir(), 'dstu2-published-'))
  try {
    execFileSync('tar', ['xzf', join(folder, archive), '-C', target])
    const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:json|xml)$/.test(file))
    return files.toSorted().map((file) => ({ file: file.slice(file.lastIndexOf('/') + 1), text: readFileSync(join(target, file), 'utf8') }))
  } finally {
    rmSync(target, { recursive: true })
  }
}

/** The 708 JSON examples of the specification, by file name. */
export const hl7Examples = (folder: string): { file: string; text: string }[] => publishedFiles(folder, 'hl7-dstu2-examples-json.tar.gz')

/** The 1,014 Bundles of the Synthea file, as text. */
export function syntheaBundles(folder: string): string[] {
  return gunzipSync(readFileSync(join(folder, 'synthea-dstu2.bundles.ndjson.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n')
}
