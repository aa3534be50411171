import { createHash, randomBytes } from 'node:crypto'
import type { World } from '../../platform/test/world.js'

export interface Answered {
  status: number
  location: string | null
  headers: Record<string, string>
  text: string
  json: Record<string, unknown>
}

/** A browser as far as signing in needs one: it keeps cookies by path and follows nothing by itself. */
export class Browser {
  readonly #world: World
  readonly cookies = new Map<string, { value: string; path: string }>()

  constructor(world: World) {
    this.#world = world
  }

  async go(url: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Answered> {
    const path = url.replace(/^https?:\/\/[^/]+/, '')
    const cookie = [...this.cookies].filter(([, held]) => path.startsWith(held.path)).map(([name, { value }]) => `${name}=${value}`)
    const answer = await this.#world.platform.app.inject({
      method: form === undefined ? 'GET' : 'POST',
      url: path,
      headers: {
        accept: 'text/html',
        ...(cookie.length > 0 ? { cookie: cookie.join('; ') } : {}),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(form === undefined ? {} : { payload: new URLSearchParams(form).toString() }),
    })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(line)
    return answered(answer)
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/; ?/)
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const path = attributes.find((text) => text.toLowerCase().startsWith('path='))?.slice(5) ?? '/'
    if (value === '') this.cookies.delete(name)
    else this.cookies.set(name, { value, path })
  }
}

function answered(answer: { statusCode: number; headers: Record<string, unknown>; body: string }): Answered {
  const headers = answer.headers as Record<string, string>
  const isJson = (headers['content-type'] ?? '').includes('json') && answer.body !== ''
  return {
    status: answer.statusCode,
    location: headers['location'] ?? null,
    headers,
    text: answer.body,
    json: isJson ? (JSON.parse(answer.body) as Record<string, unknown>) : {},
  }
}

export const redirect = 'https://app.example/back'

/** A program of somebody else's that signs people in by code and PKCE. */
export class RelyingParty {
  readonly verifier = randomBytes(32).toString('base64url')
  readonly state = randomBytes(8).toString('hex')
  readonly world: World
  readonly client: string

  constructor(world: World, client: string) {
    this.world = world
    this.client = client
  }

  authorizeUrl(change: Record<string, string | undefined> = {}): string {
    const asked: Record<string, string | undefined> = {
      client_id: this.client,
      response_type: 'code',
      redirect_uri: redirect,
      scope: 'openid profile',
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...change,
    }
    const said = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return `/oidc/auth?${new URLSearchParams(said).toString()}`
  }

  /** From the door to the code, as a person in a browser goes. */
  async code(browser: Browser, user: string, password: string): Promise<string> {
    const sent = await browser.go(this.authorizeUrl())
    let at = sent.location ?? ''
    if (at.includes('/oidc/sign-in/')) {
      const page = await browser.go(at)
      const posted = await browser.go(at, { form: formTokenOf(page.text), user, password })
      if (posted.status !== 303) throw new Error(`sign-in answered ${posted.status}`)
      at = (await browser.go(posted.location ?? '')).location ?? ''
    }
    return new URL(at).searchParams.get('code') ?? ''
  }

  async token(form: Record<string, string>): Promise<Answered> {
    const body = { client_id: this.client, ...form }
    return answered(
      await this.world.platform.app.inject({
        method: 'POST',
        url: '/oidc/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(body).toString(),
      }),
    )
  }

  exchange(code: string, change: Record<string, string> = {}): Promise<Answered> {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: this.verifier, ...change })
  }
  refresh(token: unknown): Promise<Answered> {
    return this.token({ grant_type: 'refresh_token', refresh_token: String(token) })
  }
}

export const formTokenOf = (html: string): string => /name="form" value="([^"]+)"/.exec(html)?.[1] ?? ''
