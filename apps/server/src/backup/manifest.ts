import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'

export const backupFile = 'backup.json'

/** What a backup says of itself; written last, so that a folder without it is none. */
export interface BackupManifest {
  format: 1
  version: string
  begunAt: string
  endedAt: string
  /** By path: size and SHA-256. */
  files: Record<string, [bytes: number, sha256: string]>
}

export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .filter((path) => path !== backupFile)
    .sort()
}

export async function describe(dir: string, path: string): Promise<[number, string]> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(dir, path)), hash)
  return [(await stat(join(dir, path))).size, hash.digest('hex')]
}

/** The backup, and which of its files are missing or other than they were. */
export async function checkBackup(dir: string): Promise<{ manifest: BackupManifest | null; broken: string[] }> {
  const text = await readFile(join(dir, backupFile), 'utf8').catch(() => null)
  if (text === null) return { manifest: null, broken: [] }
  const manifest = JSON.parse(text) as BackupManifest
  const broken: string[] = []
  for (const [path, [bytes, sha256]] of Object.entries(manifest.files)) {
    const found = await describe(dir, path).catch(() => null)
    if (found === null || found[0] !== bytes || found[1] !== sha256) broken.push(path)
  }
  return { manifest, broken }
}
