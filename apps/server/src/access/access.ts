import type { Grant } from '@aquifer/core/access'
import type { WhyAnswer } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import { openBreakGlass, type BreakGlass } from './break-glass.js'
import { openGrants, type Grants, type GrantsParts } from './grants.js'
import { openRelationshipDesk, type RelationshipDesk } from './relationships.js'
import type { SignatureHand } from '../audit/index.js'
import { openPolicyDesk, type PolicyDesk } from './policies.js'
import { why, type WhyQuestion } from './why.js'

/** Roles and relationships: who reaches whom, and why. */
export interface Access {
  grantFor: Grants['grantFor']
  relationships: RelationshipDesk
  policies: PolicyDesk
  breakGlass: BreakGlass
  why(asker: Grant, question: WhyQuestion): Promise<WhyAnswer | Refusal>
}

export async function openAccess(parts: GrantsParts & { newId: () => string; hand: SignatureHand }): Promise<Access> {
  const grants = openGrants(parts)
  const policies = openPolicyDesk(parts)
  const breakGlass = openBreakGlass({ ...parts, forget: grants.forget })
  await Promise.all([policies.refresh(), breakGlass.refresh()])
  return {
    grantFor: grants.grantFor,
    policies,
    breakGlass,
    relationships: openRelationshipDesk({ ...parts, forget: grants.forget }),
    why: (asker, question) => why({ ...parts, grants, policy: () => policies.current() }, asker, question),
  }
}
