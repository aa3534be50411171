// What privacy officers govern: masking policies of studies, the keys of pseudonyms, and who may know behind which pseudonym a person stands.
// Never masks a row, never keeps a pseudonym beside what it stands for, and never decides alone: two people sign, or ask and approve.
import { openKeyEscrow, type KeyEscrowDesk } from './escrow.js'
import { openMaskingKeys as openKeys, type KeyParts, type MaskingKeyDesk } from './keys.js'
import { openReidentification, type ReidentificationDesk } from './reidentification.js'

export { openMaskingPolicies, type MaskingPolicyDesk } from './policies.js'
export { checkText, diffOf, policySaid, traceOf } from './try-out.js'

/** All that takes the keys of studies' pseudonyms. */
export interface MaskingKeys extends MaskingKeyDesk {
  escrows: KeyEscrowDesk
  reidentifications: ReidentificationDesk
}

export const openMaskingKeys = (parts: KeyParts & { newId: () => string }): MaskingKeys => ({
  ...openKeys(parts),
  escrows: openKeyEscrow(parts),
  reidentifications: openReidentification(parts),
})
