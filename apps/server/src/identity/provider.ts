import type { Provider } from 'oidc-provider'
import inject from 'light-my-request'
import type { Repository } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import type { ClientDesk } from './clients.js'
import { addPages } from './provider-pages.js'
import { providerSettings } from './provider-settings.js'
import type { SessionDesk } from './sessions.js'
import type { PasswordGate } from './sign-in.js'
import type { TokenKeys } from './token-keys.js'
import type { GrantFor } from './users.js'

export interface ProviderRequest {
  method: string
  /** path and query */
  url: string
  headers: Readonly<Record<string, string>>
  body: Buffer | null
  /** whoever signs in or asks for a token, told for the audit trail */
  told(actor: string): void
}
export interface ProviderAnswer {
  status: number
  headers: Record<string, string | string[]>
  body: Buffer
}

/** The embedded OpenID provider. It answers whole answers, so that each is in the audit trail before it leaves. */
export interface EmbeddedProvider {
  issuer(): string
  handle(request: ProviderRequest): Promise<ProviderAnswer>
}

export interface ProviderParts {
  repository: Repository
  clock: Clock
  grantFor: GrantFor
  keys: TokenKeys
  sessions: SessionDesk
  gate: PasswordGate
  clients: ClientDesk
  /** signs the browser's cookies */
  cookieSecret: string
  idleMs: number
  issuer(): string
}

// What a browser or client says that the provider needs; Host and X-Forwarded-* are ours to say, whatever was sent.
const passed = [
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'origin',
  'sec-fetch-site',
  'access-control-request-method',
  'access-control-request-headers',
]

export function openProvider(parts: ProviderParts): EmbeddedProvider {
  let made: { key: string; provider: Promise<Provider> } | null = null
  // Its address is known when the server listens, and its key changes by rotation: state is in the database, so it is simply made anew.
  const current = (): Promise<Provider> => {
    const key = `${parts.issuer()} ${parts.keys.kid()}`
    if (made?.key !== key) made = { key, provider: makeProvider(parts, parts.issuer()) }
    return made.provider
  }
  return {
    issuer: () => parts.issuer(),
    async handle(request) {
      const provider = await current()
      const callback = provider.callback()
      const issuer = new URL(provider.issuer)
      const headers: Record<string, string> = { host: issuer.host, 'x-forwarded-proto': issuer.protocol.slice(0, -1) }
      for (const name of passed) if (request.headers[name] !== undefined) headers[name] = request.headers[name]
      const answer = await inject((req, res) => void callback(req, res), {
        method: request.method as 'GET',
        url: request.url,
        headers,
        ...(request.body === null ? {} : { payload: request.body }),
      })
      const client = answer.raw.req.aquiferActor
      if (client !== undefined) request.told(client)
      return { status: answer.statusCode, headers: headersOf(answer.headers), body: answer.rawPayload }
    },
  }
}

declare module 'node:http' {
  interface IncomingMessage {
    /** who the provider found the request to come from */
    aquiferActor?: string
  }
}

const ours = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding', 'content-length'])
const headersOf = (headers: Record<string, unknown>): ProviderAnswer['headers'] =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => !ours.has(name) && value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  )

async function makeProvider(parts: ProviderParts, issuer: string): Promise<Provider> {
  const library = await quietly(() => import('oidc-provider'))
  const provider = new library.Provider(issuer, providerSettings(parts, library))
  // Only we set the forwarded headers, see passed.
  provider.proxy = true
  addPages(provider, parts)
  return provider
}

/** The library says on loading that it wants a newer Node; our tests say that it runs on this one. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { warn } = console
  // oxlint-disable-next-line no-console
  console.warn = () => undefined
  try {
    return await load()
  } finally {
    // oxlint-disable-next-line no-console
    console.warn = warn
  }
}
