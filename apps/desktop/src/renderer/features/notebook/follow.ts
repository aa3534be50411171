import { arrowStreamType, statementStatus, type StatementStatus } from '@aquifer/core/contract'
import { ApiFailure } from '../../api/failure.js'
import type { DeskParts } from './desk.js'
import { readResult, type Result } from './result.js'

export const statements = '/query/api/v1/statements'

// Short statements answer within the first waits; long ones are asked twice a second.
const waitsMs = [20, 40, 80, 160, 250, 400]
const waitMs = (turn: number) => waitsMs[turn] ?? 500
const awayMs = 1000
// A network that is gone often says nothing: a question that has no answer by then is asked again.
const answerMsMax = 10_000

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

/** Nobody answered, or nobody is signed in: neither says anything of the statement. */
const isAway = (error: unknown): boolean =>
  error instanceof ApiFailure
    ? error.kind === 'offline' || [401, 502, 503, 504].includes(error.status)
    : error instanceof Error && error.name === 'TimeoutError'

export async function stateOf({ api }: DeskParts, statement: string): Promise<StatementStatus> {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(new DOMException('no answer', 'TimeoutError')), answerMsMax)
  try {
    return await api.json(`${statements}/${statement}`, statementStatus, { signal: over.signal })
  } finally {
    clearTimeout(timer)
  }
}

export interface Following {
  /** False: it was stopped, or another run took its place. */
  mine(): boolean
  seen(status: StatementStatus, isAway: boolean): void
}

/** Until it is over, through a server that restarts, a network that breaks and a screen that locks; null when nobody waits any more. */
export async function follow(parts: DeskParts, first: StatementStatus, { mine, seen }: Following): Promise<StatementStatus | null> {
  let status = first
  for (let turn = 0; status.state === 'queued' || status.state === 'running'; turn += 1) {
    if (!mine()) {
      await parts.api.send(`${statements}/${status.id}`, { method: 'DELETE' }).catch(() => undefined)
      return null
    }
    seen(status, false)
    await pause(waitMs(turn))
    const next = await patient(
      parts,
      mine,
      () => stateOf(parts, status.id),
      () => seen(status, true),
    )
    if (next === null) return null
    status = next
  }
  return mine() ? status : null
}

export async function rowsOf(parts: DeskParts, { id, basis }: StatementStatus, mine: () => boolean): Promise<Result | null> {
  if (basis === undefined) return null
  const ask = () => parts.api.bytes(`${statements}/${id}/result`, { headers: { accept: arrowStreamType } })
  const answer = await patient(parts, mine, ask, () => undefined)
  return answer === null ? null : readResult(answer.bytes, basis)
}

/** Asks again while nobody answers; null when it is not wanted any more. */
export async function patient<T>(parts: DeskParts, mine: () => boolean, ask: () => Promise<T>, away: () => void): Promise<T | null> {
  for (;;) {
    if (!mine()) return null
    try {
      if (parts.isSignedIn()) return await ask()
    } catch (error) {
      if (!isAway(error)) throw error
    }
    if (!mine()) return null
    away()
    await pause(awayMs)
  }
}
