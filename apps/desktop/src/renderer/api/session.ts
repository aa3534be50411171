import { me as meSchema, signedIn, type Me, type SignedIn } from '@aquifer/core/contract'
import { z } from 'zod'
import { createApi, type Api } from './client.js'
import { ApiFailure } from './failure.js'
import type { Arrival } from './outside-sign-in.js'

export interface SessionState {
  /** `locked`: signed in before, has to prove it again; what was on screen is kept but covered. */
  status: 'starting' | 'signed-out' | 'signed-in' | 'locked'
  me: Me | null
  purpose: string
  study: string | null
  reachable: boolean
  unreachableSince: number | null
}

const kept = z.object({
  token: z.string(),
  expiresAt: z.number(),
  /** as long as the server lets a session be idle: without a key or a click for so long the screen is covered */
  idleMs: z.number(),
  renewedAt: z.number(),
  purpose: z.string(),
  study: z.string().nullable(),
})
type Kept = z.infer<typeof kept>

const key = 'aquifer.session'
// The server counts idle time from the last renewal, so one follows soon after a key or a click, but not after each.
const renewalsPerIdleTime = 15

/** Who is signed in. The token lives in memory and in this tab's session storage: it dies with the tab, and no other site can send it. */
export class Session {
  readonly api: Api
  readonly #storage: Storage
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  #kept: Kept | null = null
  #touchedAt: number
  #refreshing = false
  #arrival: Arrival | null
  #state: SessionState = {
    status: 'starting',
    me: null,
    purpose: 'analysis',
    study: null,
    reachable: true,
    unreachableSince: null,
  }

  constructor(storage: Storage, now: () => number, arrival: Arrival | null = null) {
    this.#arrival = arrival
    this.#storage = storage
    this.#now = now
    this.#touchedAt = now()
    this.api = createApi({ token: () => this.#kept?.token ?? null, rejected: () => this.#rejected() }, (answered) =>
      this.#reached(answered),
    )
  }

  readonly state = (): SessionState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A reload keeps the session of this tab. */
  async start(): Promise<void> {
    const arrival = this.#arrival
    this.#arrival = null
    if (arrival !== null) return this.#arrive(arrival)
    this.#kept = read(this.#storage.getItem(key))
    if (this.#kept === null) return this.#set({ status: 'signed-out' })
    this.#set({ purpose: this.#kept.purpose })
    try {
      this.#accept(await this.api.json('/identity/api/v1/me', meSchema), this.#kept?.study ?? null)
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.kind !== 'offline') this.#keep(null)
      this.#set({ status: 'signed-out' })
    }
  }

  async signIn(user: string, password: string, purpose: string): Promise<void> {
    const answer = await this.api.json('/identity/api/v1/sign-in', signedIn, { method: 'POST', body: { user, password } })
    this.#begin(answer, purpose)
  }

  /** Whoever is new, or forgot: the code that an administrator handed over becomes a password of one's own, and opens the session. */
  async exchangeCode(user: string, code: string, password: string, purpose: string): Promise<void> {
    await this.api.send('/identity/api/v1/codes', { method: 'POST', body: { user, code, password } })
    await this.signIn(user, password, purpose)
  }

  /** Back from the outside provider. */
  async #arrive({ purpose, ...code }: Arrival): Promise<void> {
    try {
      this.#begin(await this.api.json('/identity/api/v1/sign-in/code', signedIn, { method: 'POST', body: code }), purpose)
    } catch {
      this.#set({ status: 'signed-out' })
    }
  }

  #begin(answer: SignedIn, purpose: string): void {
    const study = this.#state.me?.user === answer.me.user ? this.#state.study : null
    this.#touchedAt = this.#now()
    this.#keep({ ...this.#token(answer), idleMs: answer.expires_in * 1000, purpose, study })
    this.#set({ purpose })
    this.#accept(answer.me, study)
  }

  signOut(): void {
    this.#endOnServer()
    this.#keep(null)
    this.#set({ status: 'signed-out', me: null, study: null })
  }

  lock(): void {
    this.#endOnServer()
    this.#keep(null)
    if (this.#state.status === 'signed-in') this.#set({ status: 'locked' })
    else if (this.#state.status === 'starting') this.#set({ status: 'signed-out', me: null })
  }

  #rejected(): void {
    this.#keep(null)
    this.lock()
  }

  chooseStudy(study: string): void {
    if (this.#kept) this.#keep({ ...this.#kept, study })
    this.#set({ study })
  }

  /** Called on every key and click: keeps the session open. */
  touched(): void {
    this.#touchedAt = this.#now()
  }

  /** Called every few seconds: renews the token of somebody who works, and covers the screen of somebody who left. */
  tick(): void {
    if (this.#state.status !== 'signed-in' || this.#kept === null) return
    const { expiresAt, idleMs, renewedAt } = this.#kept
    const now = this.#now()
    if (now >= expiresAt || now - this.#touchedAt >= idleMs) this.lock()
    else if (this.#touchedAt > renewedAt && now - renewedAt >= idleMs / renewalsPerIdleTime) void this.#refresh()
  }

  /** The token is of no use from now on, to nobody. Without an answer the session ends by itself when its idle time is over. */
  #endOnServer(): void {
    if (this.#kept !== null && this.#now() < this.#kept.expiresAt)
      void this.api.send('/identity/api/v1/sign-out', { method: 'POST' }).catch(() => undefined)
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    try {
      const answer = await this.api.json('/identity/api/v1/refresh', signedIn, { method: 'POST' })
      if (this.#kept === null) return
      this.#keep({ ...this.#kept, ...this.#token(answer) })
      // A role policy may have been signed meanwhile: what is offered follows it.
      if (this.#state.status === 'signed-in' && differs(this.#state.me, answer.me)) this.#accept(answer.me, this.#state.study)
    } catch {
      // A token that cannot be renewed runs out by itself; tick() covers the screen then.
    } finally {
      this.#refreshing = false
    }
  }

  #accept(me: Me, study: string | null): void {
    const found = me.studies.find((item) => item.id === study) ?? me.studies[0]
    this.#set({ status: 'signed-in', me, study: found?.id ?? null })
  }

  #token(answer: Pick<SignedIn, 'access_token' | 'expires_in'>): Pick<Kept, 'token' | 'expiresAt' | 'renewedAt'> {
    return { token: answer.access_token, expiresAt: this.#now() + answer.expires_in * 1000, renewedAt: this.#now() }
  }

  #reached(answered: boolean): void {
    if (answered !== this.#state.reachable) this.#set({ reachable: answered, unreachableSince: answered ? null : this.#now() })
  }

  #keep(next: Kept | null): void {
    this.#kept = next
    if (next) this.#storage.setItem(key, JSON.stringify(next))
    else this.#storage.removeItem(key)
  }

  #set(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}

const differs = (old: Me | null, now: Me): boolean =>
  JSON.stringify({ ...old, expiresAt: '' }) !== JSON.stringify({ ...now, expiresAt: '' })

function read(text: string | null): Kept | null {
  if (text === null) return null
  try {
    return kept.parse(JSON.parse(text))
  } catch {
    return null
  }
}
