import type { Grant } from '@aquifer/core/access'
import type { WhyAnswer } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import { openGrants, type Grants, type GrantsParts } from './grants.js'
import { openRelationshipDesk, type RelationshipDesk } from './relationships.js'
import { why, type WhyQuestion } from './why.js'

/** Roles and relationships: who reaches whom, and why. */
export interface Access {
  grantFor: Grants['grantFor']
  relationships: RelationshipDesk
  why(asker: Grant, question: WhyQuestion): Promise<WhyAnswer | Refusal>
}

export function openAccess(parts: GrantsParts & { newId: () => string }): Access {
  const grants = openGrants(parts)
  return {
    grantFor: grants.grantFor,
    relationships: openRelationshipDesk({ ...parts, forget: grants.forget }),
    why: (asker, question) => why({ ...parts, grants }, asker, question),
  }
}
