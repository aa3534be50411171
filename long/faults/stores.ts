// What the stores of a stopped server hold, each as sorted lines that can be compared.
import path from 'node:path'
import { typeName } from '@aquifer/core/fhir'
import { openKeyring, openLake } from '../../apps/server/src/lake/index.js'
import { lakeVersions } from '../../apps/server/src/pipeline/test/world.js'
import { livingRowsSql, readReservoirManifest } from '../../apps/server/src/reservoir/index.js'
import { openDuckDb, openFolderStore, openPostgres } from '../../apps/server/src/storage/index.js'

export interface Stores {
  /** type/id/version/hash of every version that belongs into the study's lake */
  repository: string[]
  lake: string[]
  /** type/pseudonym/version/hash of every living masked row */
  reservoir: string[]
}

export async function storesOf(dataDir: string, study: string): Promise<Stores> {
  return {
    repository: await repositoryVersions(dataDir, study),
    lake: await lakeVersions(
      await openLake({ at: openFolderStore(path.join(dataDir, 'lake')), keyring: await openKeyring({ dir: path.join(dataDir, 'keys') }) }),
      study,
    ),
    reservoir: await livingRows(path.join(dataDir, 'reservoir', study)),
  }
}

async function repositoryVersions(dataDir: string, study: string): Promise<string[]> {
  const postgres = await openPostgres({ dataDir })
  try {
    const { rows } = await postgres.pool('reader', { max: 1 }).query<{ type: number; id: string; version: number; hash: Buffer | null }>(
      `select v.type, c.id, v.version, v.hash from version v join current c on c.rid = v.rid join study s on s.sid = v.sid where s.id = $1
       union select v.type, c.id, v.version, v.hash from reach r join version v on v.rid = r.rid and v.version = r.version
       join current c on c.rid = v.rid join study s on s.sid = r.sid where s.id = $1`,
      [study],
    )
    return rows.map((row) => `${typeName(row.type)}/${row.id}/${row.version}/${row.hash?.toString('hex') ?? 'deleted'}`).sort()
  } finally {
    await postgres.stop()
  }
}

async function livingRows(dir: string): Promise<string[]> {
  const manifest = await readReservoirManifest(dir)
  if (manifest === null) return []
  const { connection, close } = await openDuckDb({ threads: 1 })
  const found: string[] = []
  for (const [type, entry] of Object.entries(manifest.types)) {
    if (entry.files.length === 0) continue
    const living = livingRowsSql(dir, entry, 'r._id, r._v, md5(CAST(r AS VARCHAR)) AS hash')
    const rows = (await connection.runAndReadAll(`SELECT * FROM (${living})`)).getRows()
    found.push(...rows.map((row) => `${type}/${row.map(String).join('/')}`))
  }
  close()
  return found.sort()
}
