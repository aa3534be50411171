const broken = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
// Of the driver itself, which gives them no code.
const lost = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Whether a statement failed because the database is stopped, starting, out of reach or out of room, and not by what it was asked. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined) return lost.test(error.message)
  // Connection exceptions, insufficient resources, shutdown and start.
  return broken.has(code) || syscall === 'connect' || /^(08...|53...|57P0[123])$/.test(code)
}
