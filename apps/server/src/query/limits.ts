// What one statement, one study and one server may use. Every number here has its words in the answer that it causes.
export interface StatementLimits {
  /** ms */
  time: number
  memoryMb: number
  spillMb: number
  /** rows of one answer, and of a kept result */
  rows: number
}
export const statementLimits: StatementLimits = { time: 120_000, memoryMb: 1_024, spillMb: 4_096, rows: 1_000_000 }
/** How long a cancelled statement may take before its process is killed: with what the kill takes, it is over within 100 ms. */
export const killAfterMs = 50
/** When a statement has run so long, another process is made ready, should this one have to be killed. */
export const spareAfterMs = 250
/** What an engine's process may take in all: some functions take memory past the engine's own books. */
export const engineMemoryMb = 3_072
export const statementThreads = 2
/** Bytes of an answer. */
export const resultBytesMax = 256 * 1024 * 1024
/** How long rows beyond the limit are counted, so that "10,000 of 1,204,331" can be said. */
export const countMs = 2_000
export const runningPerStudyMax = 2
export const waitingPerStudyMax = 64
export const waitingPerCallerMax = 32
/** Bytes of one result that is kept, and of all: the oldest give way. */
export const keptResultBytesMax = 4 * 1024 * 1024 * 1024
export const keptBytesMax = 32 * 1024 * 1024 * 1024
/** Rows of one window on a kept result. */
export const windowRowsMax = 100_000
/** Rows of a download, which may be more than one answer has. */
export const downloadRowsMax = 10_000_000
export const downloadMs = 1_800_000
/** An engine that nobody asked for this long is ended; the next statement starts one. */
export const engineIdleMs = 300_000
export const historyPageMax = 200
