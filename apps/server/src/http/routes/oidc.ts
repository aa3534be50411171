import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints } from '@aquifer/core/contract'
import { systemScopes } from '@aquifer/core/identity'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { EmbeddedProvider } from '../../identity/index.js'
import type { Answer } from '../answer.js'
import { bind } from '../bind.js'
import { factsOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'

/** The embedded OpenID provider's addresses, and the documents that tell where it is. */
export function oidcRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { provider, outside } = systems.identity
  const quiet = { act: 'other', unaudited: true } as const
  if (provider === null) {
    const told = async (form: (document: Record<string, unknown>) => Record<string, unknown>): Promise<Answer | Refusal> => {
      const document = (await outside?.configuration()) ?? null
      return document === null ? refuse('not-ready', { detail: 'The OpenID provider cannot be reached.' }) : { body: form(document) }
    }
    bind(app, endpoints.openidConfiguration, { ...quiet, handler: () => told((document) => document) })
    bind(app, endpoints.smartConfiguration, { ...quiet, handler: () => told(smartOf) })
    return
  }
  bind(app, endpoints.openidConfiguration, { ...quiet, handler: (request) => provided(provider, request) })
  bind(app, endpoints.smartConfiguration, { ...quiet, handler: async () => ({ body: smartConfiguration(provider.issuer()) }) })
  app.register(async (scope) => {
    // The provider reads its own forms; elsewhere only JSON is taken.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) => done(null, body))
    scope.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url: '/oidc/*',
      config: { open: true },
      handler: async (request, reply) => {
        factsOf(request).act = actOf(request.url)
        const answer = await (isRevocation(request) ? revoked(systems, request) : provided(provider, request))
        return reply
          .code(answer.status ?? 200)
          .headers(answer.headers ?? {})
          .send(answer.body)
      },
    })
  })
}

const actOf = (url: string): 'token' | 'sign-in' | 'other' =>
  url.startsWith('/oidc/token') || url.startsWith('/oidc/revoke') ? 'token' : url.startsWith('/oidc/sign-') ? 'sign-in' : 'other'

async function provided(provider: EmbeddedProvider, request: FastifyRequest): Promise<Answer & { status: number }> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  ) as Record<string, string>
  const {
    status,
    headers: answered,
    body,
  } = await provider.handle({
    method: request.method,
    url: request.url,
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : null,
    told: (actor) => (factsOf(request).actor = actor),
  })
  return { status, headers: answered as Record<string, string>, type: String(answered['content-type'] ?? 'text/plain'), body }
}

/** RFC 7009. Our access tokens are signed and not stored, so the provider cannot find them; refresh tokens it finds itself. */
const isRevocation = (request: FastifyRequest): boolean =>
  request.method === 'POST' && request.url === '/oidc/revoke' && formOf(request).get('token')?.split('.').length === 3
const formOf = (request: FastifyRequest): URLSearchParams =>
  new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')

async function revoked(systems: RoutedSystems, request: FastifyRequest): Promise<Answer> {
  const form = formOf(request)
  const client = form.get('client_id') ?? ''
  // Whoever holds the token may end it; a token of somebody else's, or none at all, is answered alike.
  if (await systems.identity.revokeToken(form.get('token') ?? '', client)) factsOf(request).actor = client
  return { status: 200, body: '' }
}

/** What SMART clients ask, out of a provider's own document. */
function smartOf(document: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(smartConfiguration('')).filter((name) => document[name] !== undefined)
  return { ...Object.fromEntries(names.map((name) => [name, document[name]])), capabilities: ['sso-openid-connect'] }
}

function smartConfiguration(issuer: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: `${issuer}/oidc/jwks`,
    authorization_endpoint: `${issuer}/oidc/auth`,
    token_endpoint: `${issuer}/oidc/token`,
    revocation_endpoint: `${issuer}/oidc/revoke`,
    grant_types_supported: ['authorization_code', 'client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    scopes_supported: ['openid', 'profile', ...systemScopes],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-public', 'client-confidential-asymmetric', 'sso-openid-connect'],
  }
}
