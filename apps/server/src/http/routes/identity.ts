import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse, reachesStudy, rights, sitesReached, type Grant } from '@aquifer/core/access'
import {
  codeSignIn,
  confirmationCode,
  endpoints,
  signInRequest,
  tokenRequest,
  type Me,
  type SignedIn,
  type TokenRequest,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Caller, Identity, Session } from '../../identity/index.js'
import { toStudyView } from '../../study/index.js'
import { bind, bodyAs } from '../bind.js'
import { callerOf, factsOf, headerOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'

export function identityRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { identity } = systems
  bind(app, endpoints.signIn, {
    act: 'sign-in',
    handler: async (request) => {
      const body = bodyAs(request, signInRequest)
      if (isRefusal(body)) return body
      factsOf(request).actor = body.user
      const session = await identity.signIn(body.user, body.password)
      if (isRefusal(session)) return session
      factsOf(request).role = session.caller.grant.role
      return { body: await signedIn(systems, session) }
    },
  })
  bind(app, endpoints.signInWays, {
    act: 'other',
    unaudited: true,
    handler: async () => ({ body: { password: identity.outside === null, provider: (await identity.outside?.way()) ?? null } }),
  })
  bind(app, endpoints.signInByCode, { act: 'sign-in', handler: (request) => signInByCode(systems, request) })
  confirmationRoutes(app, identity)
  bind(app, endpoints.me, { act: 'other', unaudited: true, handler: async (request) => ({ body: await meOf(systems, callerOf(request)) }) })
  bind(app, endpoints.refresh, {
    act: 'sign-in',
    handler: async (request) => {
      const session = await identity.refresh(callerOf(request))
      return isRefusal(session) ? session : { body: await signedIn(systems, session) }
    },
  })
  bind(app, endpoints.signOut, {
    act: 'sign-in',
    handler: async (request) => {
      await identity.signOut(callerOf(request))
      return {}
    },
  })
  bind(app, endpoints.mintToken, { act: 'token', handler: (request) => mint(systems, request) })
}

/** Showing the outside provider once more who one is. */
function confirmationRoutes(app: FastifyInstance, { confirmations }: Identity): void {
  bind(app, endpoints.beginConfirmation, {
    act: 'sign-in',
    handler: async (request) => {
      const begun = await confirmations.begin(callerOf(request))
      return isRefusal(begun) ? begun : { body: begun }
    },
  })
  bind(app, endpoints.finishConfirmation, {
    act: 'sign-in',
    handler: async (request) => {
      const body = bodyAs(request, confirmationCode)
      const made = isRefusal(body) ? body : await confirmations.finish(callerOf(request), body)
      return isRefusal(made) ? made : { body: made }
    },
  })
}

async function signInByCode(systems: RoutedSystems, request: FastifyRequest): Promise<{ body: SignedIn } | Refusal> {
  const { identity } = systems
  const body = bodyAs(request, codeSignIn)
  if (isRefusal(body)) return body
  const token = (await identity.outside?.exchange(body)) ?? null
  if (token === null) return refuse('sign-in-failed', { detail: 'The provider gave no token for this code.' })
  const caller = await identity.authenticate(token)
  if (isRefusal(caller)) return caller
  factsOf(request).actor = caller.grant.user
  factsOf(request).role = caller.grant.role
  const expiresInS = Math.max(1, Math.floor((caller.expiresAt - systems.now()) / 1000))
  return { body: await signedIn(systems, { token, expiresInS, caller }) }
}

async function meOf(systems: RoutedSystems, caller: Caller): Promise<Me> {
  const { grant, name, expiresAt } = caller
  // Who has just signed in was decided by no policy yet.
  const holder = { role: grant.role, policy: systems.access.policies.current() }
  const studies = (await systems.studies.list()).filter((study) => reachesStudy(grant, study.id))
  return {
    user: grant.user,
    name,
    role: grant.role,
    studies: studies.map(toStudyView),
    sites: sitesOf(
      grant,
      studies.map(({ id }) => id),
    ),
    patient: grant.people?.[0] ?? null,
    rights: rights.filter((right) => mayUse(holder, right)),
    expiresAt: new Date(expiresAt).toISOString(),
  }
}

/** All sites that any of the studies lets the caller see; none named: all of them. */
function sitesOf(grant: Grant, studies: readonly string[]): string[] {
  const reached = studies.map((study) => sitesReached(grant, study))
  return reached.includes(null) ? [...grant.sites] : [...new Set(reached.flatMap((sites) => sites ?? []))]
}

async function signedIn(systems: RoutedSystems, session: Session): Promise<SignedIn> {
  return { access_token: session.token, token_type: 'Bearer', expires_in: session.expiresInS, me: await meOf(systems, session.caller) }
}

async function mint(systems: RoutedSystems, request: FastifyRequest): ReturnType<Parameters<typeof bind>[2]['handler']> {
  const secret = /^Bearer ([0-9a-f]{64})$/.exec(headerOf(request, 'authorization') ?? '')?.[1]
  if (secret === undefined || !systems.identity.isLocalAdmin(secret)) {
    return refuse('not-signed-in', { detail: 'Tokens are minted with the local secret of the data folder.' })
  }
  const body = bodyAs(request, tokenRequest)
  if (isRefusal(body)) return body
  const known = await withKnownStudies(systems, body)
  if (isRefusal(known)) return known
  const facts = factsOf(request)
  facts.actor = `local:${body.requestedBy}`
  facts.role = 'local'
  const session = await systems.identity.mint(known)
  if (isRefusal(session)) return session
  const { grant } = session.caller
  facts.detail = {
    ...facts.detail,
    role: grant.role,
    user: grant.user,
    studies: grant.studies === 'all' ? 'all' : grant.studies.join(' '),
    ttlS: session.expiresInS,
  }
  return { body: { access_token: session.token, token_type: 'Bearer', expires_in: session.expiresInS } }
}

/** Studies under the names they have, so that a grant means what was typed; a study that is not there is told. */
async function withKnownStudies(systems: RoutedSystems, body: TokenRequest): Promise<TokenRequest | Refusal> {
  const studies: string[] = []
  for (const id of body.studies ?? []) {
    const study = await systems.studies.byId(id)
    if (study === null) return refuse('unknown', { detail: `There is no study ${id}.` })
    studies.push(study.id)
  }
  return body.studies === undefined ? body : { ...body, studies }
}
