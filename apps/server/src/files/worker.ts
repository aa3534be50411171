import { openScan, type ScanFinding } from '@aquifer/core/files'
import { openDuckDb } from '../storage/index.js'

// Looks into one Parquet file that somebody sent, and ends: the engine that opens it knows nothing but this file.

export interface Seen {
  warnings: ScanFinding[]
  scanned: number
}

const [, , path = '', most = '0'] = process.argv
const literal = `'${path.replaceAll("'", "''")}'`

async function look(bytesMax: number): Promise<Seen> {
  const { connection } = await openDuckDb({ threads: 1, memoryLimitMb: 256 })
  await connection.run(`set allowed_paths = [${literal}]; set enable_external_access = false; set lock_configuration = true`)
  const result = await connection.stream(`select cast(columns(*) as varchar) from read_parquet(${literal})`)
  const scan = openScan()
  let scanned = 0
  const see = (values: readonly unknown[]): void => {
    const line = `${values.map((value) => (typeof value === 'string' ? value : '').replaceAll(/\s+/g, ' ')).join('\t')}\n`
    scanned += Buffer.byteLength(line)
    scan.see(line)
  }
  see(result.columnNames())
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0 && scanned < bytesMax; chunk = await result.fetchChunk())
    for (const row of chunk.getRows()) see(row)
  return { warnings: scan.end(), scanned }
}

process.send?.(await look(Number(most)), () => process.exit(0))
