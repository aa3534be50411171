export interface SessionTimes {
  startedAt: number
  /** when its person last did something */
  seenAt: number
  endedAt: number | null
}
export interface SessionLimits {
  idleMs: number
  maxMs: number
}

/** NIST 800-63B, AAL2: at most 12 hours, here the working day of 8. */
export const sessionMaxMs = 8 * 3_600_000
export const sessionIdleMs = 15 * 60_000

/** The moment at which a session is over unless its person does something before. */
export const sessionEnd = (session: SessionTimes, limits: SessionLimits): number =>
  Math.min(session.endedAt ?? Infinity, session.seenAt + limits.idleMs, session.startedAt + limits.maxMs)

/** Why a session holds no longer; null while it does. */
export function sessionOver(session: SessionTimes, now: number, limits: SessionLimits): 'ended' | 'idle' | 'too-long' | null {
  if (session.endedAt !== null) return 'ended'
  if (now >= session.startedAt + limits.maxMs) return 'too-long'
  return now >= session.seenAt + limits.idleMs ? 'idle' : null
}
