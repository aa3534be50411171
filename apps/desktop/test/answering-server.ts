import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { vi } from 'vitest'
import { mayUse, rights } from '@aquifer/core/access'
import type { Me, Notebook, QueryProblem, SignInWays, StatementStatus, StudyView } from '@aquifer/core/contract'

export const study: StudyView = {
  id: 'HARBOR',
  name: 'Harbor Registry',
  kind: 'registry',
  status: 'open',
  enrolment: 'closed',
  sites: ['Lowell'],
  required: ['share-data'],
  maskingPolicy: 'safe-harbor v1',
  publish: 'continuous',
  partition: 'year',
  zone: 'UTC',
  version: 1,
  createdAt: '2026-02-02T09:00:00Z',
}
export const basis = {
  rows: 3,
  totalRows: 3,
  people: null,
  truncated: false,
  snapshot: '2026-11-22T09:10:00Z',
  maskingPolicy: 'safe-harbor v1',
  consentEpoch: 318,
  consentState: 'current' as const,
  elapsedMs: 12,
}

interface Asked {
  method: string
  path: string
  body: unknown
  token: string | null
}

/** The far side of HTTP as the contract words it, held in memory: what the page does with answers is proven here, the server's own in e2e. */
export class AnsweringServer {
  readonly asked: Asked[] = []
  readonly notebooks = new Map<string, Notebook>()
  readonly statements = new Map<string, StatementStatus & { sql: string }>()
  /** What the next statements do, by a word in their text. */
  fails = new Map<string, QueryProblem>()
  holds = false
  /** Answers to other questions, by their whole address. */
  readonly others = new Map<string, unknown>()
  down = false
  /** What is asked is never answered, and no connection breaks. */
  silent = false
  /** Answers begin, and break off. */
  torn = false
  tokenGood = true
  ways: SignInWays = { password: true, provider: null }
  expiresIn = 900
  me: Me = {
    user: 'aoife',
    name: 'Aoife',
    role: 'analyst',
    studies: [study],
    sites: [],
    patient: null,
    rights: rights.filter((right) => mayUse('analyst', right)),
    expiresAt: '2026-11-23T00:00:00Z',
  }

  constructor() {
    vi.stubGlobal('fetch', (path: string, init: RequestInit = {}) => this.#fetch(path, init))
  }

  calls(method: string, path: RegExp): Asked[] {
    return this.asked.filter((one) => one.method === method && path.test(one.path))
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    if (this.down) return Promise.reject(new TypeError('Failed to fetch'))
    if (this.silent) return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)))
    if (this.torn) {
      const begun = new ReadableStream({ start: (to) => to.error(new TypeError('network error')) })
      return Promise.resolve(new Response(begun, { headers: { 'content-type': 'application/json' } }))
    }
    const token = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? null
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    const asked = { method: init.method ?? 'GET', path, body, token }
    this.asked.push(asked)
    return Promise.resolve(this.#answer(asked))
  }

  #answer({ method, path, body, token }: Asked): Response {
    const signed = { access_token: `t${this.asked.length}`, token_type: 'Bearer', expires_in: this.expiresIn, me: this.me }
    if (path.endsWith('/sign-in') && method === 'GET') return json(this.ways)
    if (path.endsWith('/sign-in/code')) return (body as { code: string }).code === 'good' ? json(signed) : problem(401, 'sign-in-failed')
    if (path.endsWith('/sign-in'))
      return (body as { password: string }).password === 'right' ? json(signed) : problem(401, 'wrong-credentials')
    if (path.endsWith('/codes')) return new Response(null, { status: 204 })
    if (token === null || !this.tokenGood) return problem(401, 'no-token')
    if (path.endsWith('/me')) return json(this.me)
    if (path.endsWith('/sign-out')) return new Response(null, { status: 204 })
    if (this.others.has(path)) return json(this.others.get(path))
    if (path.endsWith('/refresh')) return json(signed)
    const notebook = this.notebooks.get(path.split('/notebooks/')[1] ?? '')
    if (notebook) return this.#notebook(notebook, method, body as Notebook)
    return this.#statement(method, path, body as { sql: string })
  }

  #notebook(notebook: Notebook, method: string, body: Notebook): Response {
    if (method === 'GET') return json(notebook)
    if (body.version !== notebook.version) return problem(409, 'version-conflict')
    const saved = { ...notebook, title: body.title, cells: body.cells, version: notebook.version + 1, updatedAt: '2026-11-22T10:00:00Z' }
    this.notebooks.set(notebook.id, saved)
    return json(saved)
  }

  #statement(method: string, path: string, body: { sql: string }): Response {
    if (method === 'POST') {
      const id = `s${this.statements.size}`
      const made = {
        id,
        study: study.id,
        sql: body.sql,
        state: 'queued' as const,
        progress: null,
        elapsedMs: 0,
        submittedAt: '2026-11-22T10:00:00Z',
      }
      this.statements.set(id, made)
      return json(made, 202)
    }
    const id = /statements\/(s\d+)/.exec(path)?.[1] ?? ''
    const found = this.statements.get(id)
    if (found === undefined) return problem(404, 'not-found')
    if (method === 'DELETE') {
      this.statements.set(id, { ...found, state: 'cancelled' })
      return new Response(null, { status: 204 })
    }
    if (path.endsWith('/result'))
      return new Response(tableToIPC(new Table({ n: vectorFromArray([3, 1, 2], new Int32()) }), 'stream') as BodyInit)
    const fault = [...this.fails].find(([word]) => found.sql.includes(word))?.[1]
    if (found.state === 'cancelled' || found.state === 'done') return json(found)
    if (this.holds) return json({ ...found, state: 'running', progress: 0.5 })
    const over = fault ? { ...found, state: 'failed' as const, problem: fault } : { ...found, state: 'done' as const, basis }
    this.statements.set(id, over)
    return json(over)
  }
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const problem = (status: number, code: string) => json({ type: 'about:blank', title: code, status, code }, status)

/** `Storage` in memory, for each test its own. */
export function aStorage(): Storage {
  const held = new Map<string, string>()
  return {
    get length() {
      return held.size
    },
    key: (at) => [...held.keys()][at] ?? null,
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
    clear: () => held.clear(),
  }
}
