import type * as oidc from 'oidc-provider'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Grant } from '@aquifer/core/access'
import { permittedScopes, sessionMaxMs, systemScopes } from '@aquifer/core/identity'
import { signOutPage, messagePage, pagePolicy } from './login-page.js'
import { sessionIdOf } from './provider-session.js'
import { providerStore } from './provider-store.js'
import type { ProviderParts } from './provider.js'
import { signingAlgorithm } from './token-keys.js'
import { audience, claimsOf, payloadOf } from './tokens.js'

type Library = typeof oidc

/** The one resource whose tokens this provider gives. */
const resource = 'urn:aquifer:api'
/** SMART: an assertion and the token given for it hold for at most five minutes. */
const assertionMaxS = 300
const clientTokenS = 300
const clockToleranceS = 15
const keySetMs = 2_500
const keySetBytesMax = 64 * 1024
const assertionAlgorithms = ['RS384', 'ES384'] as const
const maxS = sessionMaxMs / 1000

export function providerSettings(parts: ProviderParts, library: Library): Configuration {
  const idleS = Math.round(parts.idleMs / 1000)
  return {
    adapter: storeOf(parts, library),
    jwks: { keys: [{ ...parts.keys.privateJwk(), use: 'sig' }] as never },
    cookies: {
      keys: [parts.cookieSecret],
      names: { session: 'aquifer_session', interaction: 'aquifer_sign_in', resume: 'aquifer_resume' },
      long: { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true },
    },
    routes: {
      authorization: '/oidc/auth',
      token: '/oidc/token',
      jwks: '/oidc/jwks',
      revocation: '/oidc/revoke',
      userinfo: '/oidc/me',
      end_session: '/oidc/sign-out',
    },
    interactions: { url: (_ctx, interaction) => `/oidc/sign-in/${interaction.uid}`, policy: policyOf(parts, library) },
    scopes: ['openid', 'profile', 'offline_access', ...systemScopes],
    claims: { openid: ['sub'], profile: ['name'] },
    ...clientRules(library),
    features: featuresOf(parts, library, idleS),
    ttl: {
      AccessToken: idleS,
      AuthorizationCode: 60,
      ClientCredentials: Math.min(idleS, clientTokenS),
      IdToken: idleS,
      Interaction: 600,
      Session: idleS,
      Grant: maxS,
      RefreshToken: maxS,
    },
    loadExistingGrant: (ctx) => scopesGranted(ctx),
    findAccount: async (_ctx, name) => {
      const user = await parts.repository.users.byName(name)
      if (user === null || user.status !== 'active') return undefined
      return { accountId: name, claims: () => Promise.resolve({ sub: name, name: user.display }) }
    },
    extraTokenClaims: (ctx, token) => claimsFor(parts, library, { ctx, token }),
    renderError: (ctx, out) => ownPage(ctx, messagePage('This cannot go on', out.error_description ?? out.error)),
  }
}

function storeOf(parts: ProviderParts, { errors }: Library): Configuration['adapter'] {
  return providerStore({
    records: parts.repository.identities.records,
    sessions: parts.sessions,
    clock: parts.clock,
    client: (id) => parts.clients.registration(id),
    usedAlready: (kind) =>
      kind === 'ReplayDetection'
        ? new errors.InvalidClientAuth('client assertion tokens must only be used once')
        : new errors.InvalidGrant('it was used already'),
  })
}

/** What every client has to do: codes only, S256 always, keys instead of secrets, refresh tokens that turn. */
function clientRules({ errors }: Library): Configuration {
  return {
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: signingAlgorithm,
    },
    clientAuthMethods: ['none', 'private_key_jwt'],
    enabledJWA: { idTokenSigningAlgValues: [signingAlgorithm], clientAuthSigningAlgValues: [...assertionAlgorithms] },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => {
      if (Number(claims['exp']) > Date.now() / 1000 + assertionMaxS + clockToleranceS)
        throw new errors.InvalidClientAuth('the client_assertion JWT must expire within 5 minutes')
    },
    clockTolerance: clockToleranceS,
    // Only addresses of clients' keys are fetched, and those an administrator registered: loopback and a hospital's own network are meant.
    fetch: (url, options) =>
      fetch(url, { headers: options?.headers ?? {}, signal: options?.signal ?? AbortSignal.timeout(keySetMs), redirect: 'error' }),
    fetchResponseBodyLimits: { jwks_uri: keySetBytesMax },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    // Our own sessions end it, see personClaims: the browser's cookie may go before.
    expiresWithSession: () => false,
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
  }
}

function featuresOf(parts: ProviderParts, { errors }: Library, idleS: number): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => ownPage(ctx, signOutPage(form)),
      postLogoutSuccessSource: (ctx) => ownPage(ctx, messagePage('Signed out', 'You can close this page.')),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: async (_ctx, wanted, client) => {
        if (wanted !== resource) throw new errors.InvalidTarget()
        const role = await parts.clients.roleOf(client.clientId)
        const scope = role === null ? 'openid profile' : permittedScopes(role).join(' ')
        const accessTokenTTL = role === null ? idleS : Math.min(idleS, clientTokenS)
        return { scope, audience, accessTokenFormat: 'jwt', accessTokenTTL, jwt: { sign: { alg: signingAlgorithm } } }
      },
    },
  }
}

async function claimsFor(
  parts: ProviderParts,
  { errors }: Library,
  { ctx, token }: { ctx: KoaContextWithOIDC; token: TokenToBe },
): Promise<Record<string, unknown>> {
  const actor = token.accountId ?? token.clientId
  if (actor !== undefined) ctx.req.aquiferActor = actor
  if (token.kind === 'AccessToken') {
    const claims = await personClaims(parts, ctx)
    if (claims === null) throw new errors.InvalidGrant('the session is over')
    return claims
  }
  const granted = await parts.clients.grantOf(token.clientId ?? '')
  if (granted === null) throw new errors.InvalidGrant('the client is no longer registered')
  if ((token.scope ?? '') === '' && permittedScopes(granted.grant.role).length > 0)
    throw new errors.InvalidScope('ask for system/*.read or system/*.write, as far as the role permits', token.scope ?? '')
  return { ...payloadOf(claimsOf(granted.grant)) }
}
interface TokenToBe {
  kind: string
  accountId?: string
  clientId?: string | undefined
  scope?: string | undefined
}

function ownPage(ctx: KoaContextWithOIDC, html: string): void {
  ctx.type = 'html'
  ctx.set('content-security-policy', pagePolicy(null))
  ctx.body = html
}

/** Nobody is asked whether he trusts a client: an administrator registered it for everybody. */
function policyOf(parts: ProviderParts, { interactionPolicy }: Library) {
  const policy = interactionPolicy.base()
  policy.remove('consent')
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('session_over', 'the session is over', async (ctx) => {
      const { session, result } = ctx.oidc
      if (session?.accountId === undefined || result?.login !== undefined) return false
      const { uid, loginTs } = session as { uid: string; loginTs?: number }
      const id = sessionIdOf({ uid, loginTs })
      const row = id === null ? null : await parts.repository.identities.sessions.byId(id)
      if (row === null) return parts.clock.now() - (loginTs ?? 0) * 1000 > parts.idleMs
      return (await parts.sessions.holding(row.id)) === null
    }),
  )
  return policy
}

async function scopesGranted(ctx: KoaContextWithOIDC) {
  const { provider, client, session } = ctx.oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const known = session.grantIdFor(client.clientId)
  const kept = known === undefined ? undefined : await provider.Grant.find(known)
  if (kept !== undefined) return kept
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid profile offline_access')
  grant.addResourceScope(resource, 'openid profile')
  await grant.save()
  return grant
}

/** Claims of a person's token, as access grants today; null where the session is over. */
async function personClaims(parts: ProviderParts, ctx: KoaContextWithOIDC): Promise<Record<string, unknown> | null> {
  const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken
  const id = source === undefined ? null : sessionIdOf(source as unknown as Record<string, unknown>)
  const user = source?.accountId === undefined ? null : await parts.repository.users.byName(source.accountId)
  const grant: Grant | null = user === null || user.status !== 'active' ? null : await parts.grantFor(user)
  if (source === undefined || id === null || user === null || grant === null) return null
  // A sign-in from before a change of password, role or status opens nothing.
  if (Number((source as { authTime?: number }).authTime) * 1000 + 999 < user.tokensFrom) return null
  if (source.kind === 'AuthorizationCode') await parts.sessions.open({ id, user: user.name, client: source.clientId ?? '' })
  const session = await parts.sessions.renew(id)
  return session === null ? null : { ...payloadOf(claimsOf(grant)), sid: session.id }
}
