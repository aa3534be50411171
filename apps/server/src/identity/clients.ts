import type { AdapterPayload } from 'oidc-provider'
import { isRole, type Grant, type Role } from '@aquifer/core/access'
import { systemScopes } from '@aquifer/core/identity'
import type { ClientRow, Repository } from '../repository/index.js'
import type { Clock } from '../storage/index.js'

export interface ClientDesk {
  /** as the provider reads a client; undefined: not registered, disabled or over */
  registration(id: string): Promise<AdapterPayload | undefined>
  /** of a headless client */
  roleOf(id: string): Promise<Role | null>
  grantOf(id: string): Promise<(Grant & { tokensFrom: number }) | null>
  displayOf(id: string): Promise<string>
}

export function openClientDesk({ repository, clock }: { repository: Repository; clock: Clock }): ClientDesk {
  const { clients } = repository.identities
  const active = async (id: string): Promise<ClientRow | null> => {
    const row = await clients.byId(id)
    return row === null || row.status !== 'active' || (row.expiresAt !== null && row.expiresAt <= clock.now()) ? null : row
  }
  return {
    async registration(id) {
      const row = await active(id)
      return row === null ? undefined : registrationOf(row)
    },
    async roleOf(id) {
      const role = (await active(id))?.role ?? null
      return role !== null && isRole(role) ? role : null
    },
    async grantOf(id) {
      const row = await active(id)
      if (row === null || row.role === null || !isRole(row.role)) return null
      return {
        user: row.id,
        role: row.role,
        studies: row.studies.includes('*') ? 'all' : row.studies,
        sites: row.sites,
        patient: row.people[0] ?? null,
        tokensFrom: row.tokensFrom,
      }
    },
    displayOf: async (id) => (await clients.byId(id))?.display ?? id,
  }
}

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
