import { isRole, narrowGrant, type Grant } from '@aquifer/core/access'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository } from '../repository/index.js'
import type { Caller } from './identity.js'
import type { OutsideClaims } from './outside.js'
import type { Narrowing } from './tokens.js'
import type { GrantFor } from './users.js'

const stranger = () => refuse('not-signed-in', { detail: 'Nobody here is known by this sign-in.' })

/** The person behind an outside token. What he may do stands here; only where the operator says so, it may stand in the token. */
export async function outsideCaller(
  parts: { repository: Repository; grantFor: GrantFor; acceptClaims: boolean },
  claims: OutsideClaims,
): Promise<Caller | Refusal> {
  const facts = { expiresAt: claims.expiresAt, tokenId: claims.id, session: null, scopes: null, external: claims.subject }
  const user = await parts.repository.users.byOutsideName(claims.subject, claims.email)
  if (user !== null) {
    // From the first time on the subject is the person, so that an address given to somebody else later opens nothing.
    if (user.subject === null) await parts.repository.users.change(user.name, { subject: claims.subject })
    const granted = user.status !== 'active' || claims.issuedAt + 999 < user.tokensFrom ? null : await parts.grantFor(user)
    if (granted === null || (claims.role !== null && claims.role !== granted.role)) return stranger()
    const narrowing = { ...narrowingOf(claims), role: granted.role }
    const grant = narrowGrant(granted, narrowing)
    return grant === null ? stranger() : { ...facts, claims: narrowing, grant, name: user.display }
  }
  const grant = parts.acceptClaims ? claimedGrant(claims) : null
  return grant === null ? stranger() : { ...facts, claims: { ...narrowingOf(claims), role: grant.role }, grant, name: claims.name }
}

const narrowingOf = ({ studies, sites, patient }: Narrowing): Narrowing => ({ studies, sites, patient })

const forOnePerson: ReadonlySet<string> = new Set(['patient', 'guardian', 'device'])

/** What is not claimed is not given. */
function claimedGrant(claims: OutsideClaims): Grant | null {
  const { role } = claims
  if (role === null || !isRole(role) || (forOnePerson.has(role) && claims.patient === null)) return null
  const people = claims.patient === null ? null : [claims.patient]
  return { user: `outside:${claims.subject}`, role, studies: claims.studies ?? [], sites: claims.sites ?? [], people }
}
