import { me as meSchema, signedIn, type Me } from '@aquifer/core/contract'
import { z } from 'zod'
import { createApi, type Api } from './client.js'
import { ApiFailure } from './failure.js'

/** Minutes without a key or a click after which the screen is covered. The work beneath stays. */
export const lockAfterMinutes = 15

export interface SessionState {
  /** `locked`: signed in before, has to prove it again; what was on screen is kept but covered. */
  status: 'starting' | 'signed-out' | 'signed-in' | 'locked'
  me: Me | null
  purpose: string
  study: string | null
  reachable: boolean
  unreachableSince: number | null
}

export interface Session {
  api: Api
  state(): SessionState
  subscribe(listener: () => void): () => void
  start(): Promise<void>
  signIn(user: string, password: string, purpose: string): Promise<void>
  signOut(): void
  lock(): void
  chooseStudy(id: string): void
  /** Called on every key and click: keeps the session open. */
  touched(): void
  tick(): void
}

interface Stored {
  token: string
  expiresAt: number
  lifetimeMs: number
  purpose: string
  study: string | null
}

const key = 'aquifer.session'
const refreshed = z.object({ access_token: z.string(), expires_in: z.number() })

/** The token lives in memory and in this tab's session storage: it dies with the tab, and no other site can send it. */
export function createSession(storage: Storage, now: () => number): Session {
  let stored: Stored | null = null
  let touchedAt = now()
  let refreshing = false
  let state: SessionState = { status: 'starting', me: null, purpose: 'analysis', study: null, reachable: true, unreachableSince: null }
  const listeners = new Set<() => void>()

  const set = (change: Partial<SessionState>) => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }
  const keep = (next: Stored | null) => {
    stored = next
    if (next) storage.setItem(key, JSON.stringify(next))
    else storage.removeItem(key)
  }
  const lock = () => {
    keep(null)
    if (state.status === 'signed-in') set({ status: 'locked' })
    else if (state.status === 'starting') set({ status: 'signed-out', me: null })
  }
  const reached = (answered: boolean) => {
    if (answered !== state.reachable) set({ reachable: answered, unreachableSince: answered ? null : now() })
  }
  const api = createApi({ token: () => stored?.token ?? null, rejected: lock }, reached)

  const tokenOf = (answer: { access_token: string; expires_in: number }) => ({
    token: answer.access_token,
    expiresAt: now() + answer.expires_in * 1000,
    lifetimeMs: answer.expires_in * 1000,
  })

  function accept(answer: Me, study: string | null) {
    const found = answer.studies.find((item) => item.id === study) ?? answer.studies[0]
    set({ status: 'signed-in', me: answer, study: found?.id ?? null })
  }

  async function refresh() {
    if (refreshing || stored === null) return
    refreshing = true
    try {
      const answer = await api.json('/identity/api/v1/refresh', refreshed, { method: 'POST' })
      if (stored !== null) keep({ ...stored, ...tokenOf(answer) })
    } catch {
      // A token that cannot be renewed runs out by itself; tick() covers the screen then.
    } finally {
      refreshing = false
    }
  }

  return {
    api,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async start() {
      const text = storage.getItem(key)
      if (text === null) return set({ status: 'signed-out' })
      stored = JSON.parse(text) as Stored
      set({ purpose: stored.purpose })
      try {
        accept(await api.json('/identity/api/v1/me', meSchema), stored.study)
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.kind !== 'offline') keep(null)
        set({ status: 'signed-out' })
      }
    },
    async signIn(user, password, purpose) {
      const answer = await api.json('/identity/api/v1/sign-in', signedIn, { method: 'POST', body: { user, password } })
      const same = state.me?.user === answer.me.user
      touchedAt = now()
      const study = same ? state.study : null
      keep({ ...tokenOf(answer), purpose, study })
      set({ purpose })
      accept(answer.me, study)
    },
    signOut() {
      keep(null)
      set({ status: 'signed-out', me: null, study: null })
    },
    lock,
    chooseStudy(id) {
      if (stored) keep({ ...stored, study: id })
      set({ study: id })
    },
    touched: () => {
      touchedAt = now()
    },
    tick() {
      if (state.status !== 'signed-in' || stored === null) return
      const left = stored.expiresAt - now()
      if (left <= 0 || now() - touchedAt > lockAfterMinutes * 60_000) lock()
      else if (left < stored.lifetimeMs / 3) void refresh()
    },
  }
}
