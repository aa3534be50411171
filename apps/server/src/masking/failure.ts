import { LeakFound } from './leak-gate.js'

/** Why a study is not masked further, without a word of its data. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return `${error.name} ${code}`
  return error.name === 'WriterError' || error instanceof LeakFound ? `${error.name}: ${error.message}` : error.name
}
