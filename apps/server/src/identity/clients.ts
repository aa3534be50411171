import type { AdapterPayload } from 'oidc-provider'
import { isRole, type Grant, type Role } from '@aquifer/core/access'
import type { CertificateSubject, ClientKeys, ClientView, NewClient } from '@aquifer/core/contract'
import { permittedScopes, systemScopes, withinReach } from '@aquifer/core/identity'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { ClientRow, Repository } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import { isKeyAddress, keysFault } from './client-keys.js'
import { handedOn, placesNamed } from './users.js'

// No person's name has a colon.
const prefix = 'client:'

export interface ClientDesk {
  /** as the provider reads a client; undefined: not registered, disabled or over */
  registration(id: string): Promise<AdapterPayload | undefined>
  /** of a headless client */
  roleOf(id: string): Promise<Role | null>
  /** as it was registered; no relationship adds to it */
  grantOf(id: string): Promise<{ grant: Grant; tokensFrom: number } | null>
  /** of the one client with this subject in its certificate */
  grantByCertificate(subject: CertificateSubject): Promise<Grant | null>
  displayOf(id: string): Promise<string>
  list(): Promise<ClientView[]>
  add(by: Grant, client: NewClient): Promise<ClientView | Refusal>
  setStatus(by: Grant, name: string, status: 'active' | 'disabled'): Promise<ClientView | Refusal>
  /** Other keys instead of the present ones; what the old ones got ends. */
  setKeys(by: Grant, name: string, keys: ClientKeys): Promise<ClientView | Refusal>
}

export function openClientDesk({ repository, clock }: { repository: Repository; clock: Clock }): ClientDesk {
  const { clients } = repository.identities
  const ifActive = (row: ClientRow | null): ClientRow | null =>
    row === null || row.status !== 'active' || (row.expiresAt !== null && row.expiresAt <= clock.now()) ? null : row
  const active = async (id: string): Promise<ClientRow | null> => ifActive(await clients.byId(id))
  const within = async (by: Grant, name: string): Promise<ClientRow | null> => {
    const known = await clients.byId(name.startsWith(prefix) ? name : prefix + name)
    return known === null || !withinReach(handedOn(by), placesNamed(known)) ? null : known
  }
  return {
    async registration(id) {
      const row = await active(id)
      // A client with a certificate alone asks for no tokens.
      return row === null || hasNoKeys(row) ? undefined : registrationOf(row)
    },
    async roleOf(id) {
      const role = (await active(id))?.role ?? null
      return role !== null && isRole(role) ? role : null
    },
    async grantOf(id) {
      const row = await active(id)
      const grant = row === null ? null : grantOfRow(row)
      return row === null || grant === null ? null : { grant, tokensFrom: row.tokensFrom }
    },
    async grantByCertificate({ commonName, organizationalUnit }) {
      const row = ifActive(await clients.byCertificate(commonName, organizationalUnit))
      return row === null ? null : grantOfRow(row)
    },
    displayOf: async (id) => (await clients.byId(id))?.display ?? id,
    async list() {
      const rows = await clients.list()
      const used = await repository.audits.lastBy(rows.map(({ id }) => id))
      return rows.map((row) => viewOf(row, used.get(row.id)))
    },
    async add(by, client) {
      const refusal = (await faultOf(repository, client)) ?? beyondReach(by, client)
      if (refusal !== null) return refusal
      const row = rowOf(client, { by: by.user, at: clock.now() })
      if (!(await clients.add(row))) return refuse('already-exists', { detail: alreadyThere(client) })
      return viewOf({ ...row, status: 'active', tokensFrom: 0 })
    },
    async setStatus(by, name, status) {
      const known = await within(by, name)
      const row = known === null ? null : await clients.setStatus(known.id, status, clock.now())
      return row === null ? noSuchClient() : viewOf(row)
    },
    async setKeys(by, name, keys) {
      const known = await within(by, name)
      if (known === null) return noSuchClient()
      if (known.kind !== 'headless') return refuse('invalid', { detail: 'A program that signs people in has no keys.' })
      const fault = await keysGiven(keys)
      if (fault !== null) return fault
      const row = await clients.setKeys(known.id, { jwks: keys.jwks ?? null, jwksUrl: keys.jwksUrl ?? null }, clock.now())
      return row === null ? noSuchClient() : viewOf(row)
    },
  }
}

function grantOfRow(row: ClientRow): Grant | null {
  if (row.role === null || !isRole(row.role)) return null
  // A device is one person's: without him it reaches nobody.
  const people = row.role === 'device' || row.people.length > 0 ? row.people : null
  return { user: row.id, role: row.role, ...placesNamed(row), people }
}

const alreadyThere = ({ name, certificate }: NewClient): string =>
  `There is a client ${name}${certificate === undefined ? '' : ', or one with this certificate,'} already.`

const noSuchClient = (): Refusal => refuse('unknown', { detail: 'There is no such client.' })
const invalid = (detail: string): Refusal => refuse('invalid', { detail })

async function keysGiven({ jwks, jwksUrl }: ClientKeys): Promise<Refusal | null> {
  if ((jwks === undefined) === (jwksUrl === undefined)) return invalid('Give its public keys either as jwks or as jwksUrl.')
  if (jwksUrl !== undefined) return isKeyAddress(jwksUrl) ? null : invalid('jwksUrl: https, or http on loopback')
  return jwks === undefined ? null : keysFault(jwks.keys)
}

function beyondReach(by: Grant, client: NewClient): Refusal | null {
  const given = placesNamed({ studies: client.studies ?? [], sites: client.sites ?? [] })
  return withinReach(handedOn(by), given) ? null : refuse('not-permitted', { detail: 'You cannot give more than you have.' })
}

async function faultOf(repository: Repository, client: NewClient): Promise<Refusal | null> {
  const { role, studies = [], people = [], jwks, jwksUrl, certificate, redirects } = client
  if (redirects !== undefined) {
    const others = [role, jwks, jwksUrl, certificate].some((each) => each !== undefined)
    if (others || studies.length > 0 || people.length > 0)
      return invalid('A program that signs people in has addresses only: what it may do is what its people may.')
    return redirects.every((address) => isKeyAddress(address) && new URL(address).hash === '')
      ? null
      : invalid('redirects: https, or http on loopback, without a fragment')
  }
  if (role === undefined) return invalid('A headless client needs a role.')
  if (jwks === undefined && jwksUrl === undefined && certificate === undefined)
    return invalid('Give its public keys as jwks or jwksUrl, or the CN and OU of its certificate.')
  if (role === 'device' && people.length !== 1) return invalid('A device stands for one person.')
  if (role !== 'device' && people.length > 0) return invalid('Only devices are bound to people.')
  const known = new Set((await repository.studies.list()).map((study) => study.id))
  const missing = studies.find((id) => id !== '*' && !known.has(id))
  if (missing !== undefined) return refuse('unknown', { detail: `There is no study ${missing}.` })
  return jwks === undefined && jwksUrl === undefined ? null : keysGiven(client)
}

const rowOf = (client: NewClient, made: { by: string; at: number }): Omit<ClientRow, 'status' | 'tokensFrom'> => ({
  id: prefix + client.name,
  kind: client.redirects === undefined ? 'headless' : 'interactive',
  display: client.display ?? client.name,
  role: client.role ?? null,
  studies: client.studies ?? [],
  sites: client.sites ?? [],
  people: client.people ?? [],
  jwks: client.jwks ?? null,
  jwksUrl: client.jwksUrl ?? null,
  redirects: client.redirects ?? [],
  certificateCn: client.certificate?.commonName ?? null,
  certificateOu: client.certificate?.organizationalUnit ?? null,
  madeBy: made.by,
  madeAt: made.at,
  expiresAt: client.ttlS === undefined ? null : made.at + client.ttlS * 1000,
})

const subjectOf = ({ certificateCn, certificateOu }: ClientRow): CertificateSubject | null =>
  certificateCn === null || certificateOu === null ? null : { commonName: certificateCn, organizationalUnit: certificateOu }

const viewOf = (row: ClientRow, usedAt?: number): ClientView => ({
  client: row.id,
  name: row.display,
  kind: row.kind,
  role: row.role,
  studies: row.studies,
  sites: row.sites,
  people: row.people,
  scopes: row.role !== null && isRole(row.role) ? permittedScopes(row.role) : [],
  certificate: subjectOf(row),
  status: row.status,
  expiresAt: row.expiresAt === null ? null : new Date(row.expiresAt).toISOString(),
  keys: (row.jwks?.keys ?? []).map(({ kid, kty, crv }) => ({
    kid: typeof kid === 'string' ? kid : null,
    kind: kty === 'EC' ? `EC ${String(crv)}` : 'RSA',
  })),
  jwksUrl: row.jwksUrl,
  redirects: row.redirects,
  madeBy: row.madeBy,
  madeAt: new Date(row.madeAt).toISOString(),
  usedAt: usedAt === undefined ? null : new Date(usedAt).toISOString(),
})

const hasNoKeys = ({ kind, jwks, jwksUrl }: ClientRow): boolean => kind === 'headless' && jwks === null && jwksUrl === null

function registrationOf(row: ClientRow): AdapterPayload {
  if (row.kind === 'headless') {
    return {
      client_id: row.id,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      scope: systemScopes.join(' '),
      ...(row.jwks === null ? { jwks_uri: row.jwksUrl ?? '' } : { jwks: row.jwks }),
    }
  }
  return {
    client_id: row.id,
    client_name: row.display,
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: row.redirects,
    post_logout_redirect_uris: row.redirects,
    token_endpoint_auth_method: 'none',
    scope: 'openid profile offline_access',
  }
}
