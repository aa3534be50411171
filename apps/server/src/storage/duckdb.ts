import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'

export interface DuckDb {
  instance: DuckDBInstance
  connection: DuckDBConnection
  close(): void
}

export interface DuckDbOptions {
  path?: string // default: in memory
  threads?: number
  memoryLimitMb?: number
  tempFolder?: string // without it nothing is spilled to disk
  settings?: Record<string, string>
}

// Extensions are never fetched: a missing one is an error, not a download.
export async function openDuckDb(options: DuckDbOptions = {}): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(options.path ?? ':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    ...(options.memoryLimitMb === undefined ? {} : { memory_limit: `${options.memoryLimitMb}MB` }),
    temp_directory: options.tempFolder ?? '',
    ...options.settings,
  })
  const connection = await instance.connect()
  return {
    instance,
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
