import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { pino, type Logger } from 'pino'

/** What a system may say. Fields are names, counts, durations and route templates: never ids, payloads or query strings. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogSink {
  log: Log
  close(): void
}

/** Lines go to logs/aquifer.log and, from `warn` on, to standard error. */
export function openLog(options: { dir: string; level: string }): LogSink {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const file = pino.destination({ dest: path.join(options.dir, 'aquifer.log'), mode: 0o600, sync: false, minLength: 4096 })
  const stderr = pino.destination({ dest: 2, sync: true })
  const log = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: errorName } },
    pino.multistream([
      { level: 'trace', stream: file },
      { level: 'warn', stream: stderr },
    ]),
  )
  return {
    log,
    close() {
      // The file opens asynchronously; a process that ends at once would otherwise throw here.
      try {
        file.flushSync()
      } catch {
        file.end()
      }
    },
  }
}

/** An error's kind and where in our code it arose; its message may quote data, so it stays out. */
export function errorName(error: unknown): { name: string; code?: string; at?: string } {
  if (!(error instanceof Error)) return { name: typeof error }
  const code = (error as { code?: unknown }).code
  const at = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 4)
    .map((line) =>
      line
        .trim()
        .replace(/\(?(?:file:\/\/)?[^\s(]*\/(?=[^/\s]+\/[^/\s]+:\d)/, '')
        .replace(/\)$/, ''),
    )
    .join(' < ')
  return { name: error.name, ...(typeof code === 'string' ? { code } : {}), ...(at === undefined ? {} : { at }) }
}
