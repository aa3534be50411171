// What one statement, one study and one server may use. Every number here has its words in the answer that it causes.
export const statementMs = 120_000
/** How long a cancelled statement may take before its process is killed. */
export const killAfterMs = 2_000
export const statementMemoryMb = 1_024
/** What an engine's process may take in all: some functions take memory past the engine's own books. */
export const engineMemoryMb = 3_072
export const statementSpillMb = 4_096
export const statementThreads = 2
/** Bytes of an answer. */
export const resultBytesMax = 256 * 1024 * 1024
/** How long rows beyond the limit are counted, so that "10,000 of 1,204,331" can be said. */
export const countMs = 2_000
export const runningPerStudyMax = 2
export const waitingPerStudyMax = 64
/** Results of statements that were asked for without waiting. */
export const keptBytesMax = 512 * 1024 * 1024
export const keptMs = 600_000
/** An engine that nobody asked for this long is ended; the next statement starts one. */
export const engineIdleMs = 300_000
export const historyPageMax = 200
