import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import { passwordMatches } from './passwords.js'

const failuresMax = 5
const lockMs = 15 * 60_000
const strangersMax = 10_000

// Hashed against when there is no such user, so that the answer takes as long and tells nothing.
const nobody = 'scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

export interface PasswordGate {
  /** The user whose password this is. Every try counts before it is judged. */
  pass(name: string, password: string): Promise<User | Refusal>
}

export function openPasswordGate({ repository, clock }: { repository: Repository; clock: Clock }): PasswordGate {
  const { users } = repository
  // Names that nobody has lock like those of users: a lock must not tell who is here.
  const strangers = new Map<string, { failures: number; lockedUntil: number }>()

  function strangerTry(name: string): number | null {
    const at = clock.now()
    const held = strangers.get(name) ?? { failures: 0, lockedUntil: 0 }
    if (held.lockedUntil > at) return held.lockedUntil
    const failures = (held.lockedUntil > 0 ? 0 : held.failures) + 1
    if (strangers.size >= strangersMax) strangers.clear()
    strangers.set(name, { failures, lockedUntil: failures >= failuresMax ? at + lockMs : 0 })
    return null
  }
  return {
    async pass(name, password) {
      const at = clock.now()
      const user = await users.byName(name)
      const lockedUntil = user === null ? strangerTry(name) : await users.beginTry(name, { at, max: failuresMax, lockMs })
      if (lockedUntil !== null)
        return refuse('locked-out', { detail: 'Too many failed sign-ins; try again later.', retryAfterS: (lockedUntil - at) / 1000 })
      const right = await passwordMatches(password, user?.password ?? nobody)
      if (!right || user === null || user.password === null || user.status !== 'active')
        return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
      await users.endTries(name, at)
      return user
    },
  }
}
