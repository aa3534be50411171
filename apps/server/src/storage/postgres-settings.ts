import { createHash } from 'node:crypto'
import { totalmem } from 'node:os'

const mebibyte = 1024 * 1024
const smallDiskMb = 20 * 1024

// Measured on this write path: nothing but durability and max_wal_size made a difference that could be told from noise; the rest is
// by judgement. Statements and values never reach the log: they are people's data.
export function postgresSettings({
  sharedBuffersMb,
  freeDiskMb,
}: {
  sharedBuffersMb?: number | undefined
  freeDiskMb: number
}): Record<string, string> {
  const memoryMb = Math.floor(totalmem() / mebibyte)
  const buffersMb = sharedBuffersMb ?? Math.max(64, Math.min(512, Math.floor(memoryMb / 8)))
  return {
    shared_buffers: `${buffersMb}MB`,
    effective_cache_size: `${Math.max(buffersMb * 2, Math.floor(memoryMb / 3))}MB`,
    max_wal_size: freeDiskMb < smallDiskMb ? '512MB' : '4GB',
    checkpoint_timeout: '15min',
    wal_compression: 'off',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    jit: 'off',
    // A new table is searched with bad plans until its first statistics: 120 ms instead of 0.3 for up to a minute (the default).
    autovacuum_naptime: '5s',
    max_connections: '80',
    max_parallel_workers_per_gather: '0',
    max_locks_per_transaction: '256',
    client_connection_check_interval: '5s',
    idle_in_transaction_session_timeout: '60s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
  }
}

// A server that is already running is taken over only if it was started with the same settings.
export function fingerprint(version: string, settings: Record<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([version, settings]))
    .digest('hex')
    .slice(0, 16)
}
