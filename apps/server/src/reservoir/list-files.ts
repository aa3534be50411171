import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { WriterProcess } from './writer-process.js'

/** Where a study's code lists lie beside its masked rows: they hold no people, and no snapshot names them. */
export const listsFolder = 'lists'

/** The file of a code list's rows, by what they are; made once, and never changed. */
export async function listFile(dir: string, sha256: string, rows: () => Promise<Buffer>): Promise<string> {
  const folder = join(dir, listsFolder)
  const path = join(folder, `${sha256}.parquet`)
  if (existsSync(path)) return path
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const making = join(folder, `.${sha256}-${randomBytes(6).toString('hex')}`)
  const writer = new WriterProcess({ threads: 1, lanes: 1, memoryLimitMb: 1024, tempFolder: `${making}.spill`, nice: false })
  try {
    await writeFile(`${making}.ndjson`, await rows(), { mode: 0o600 })
    await writer.run({ kind: 'list', rows: `${making}.ndjson`, out: `${making}.parquet` })
    await rename(`${making}.parquet`, path)
    return path
  } finally {
    await writer.close()
    for (const end of ['ndjson', 'parquet', 'spill']) await rm(`${making}.${end}`, { recursive: true, force: true })
  }
}
