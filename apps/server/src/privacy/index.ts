// What privacy officers govern: masking policies of studies, the keys of pseudonyms, and who may know behind which pseudonym a person stands.
// Never masks a row, never keeps a pseudonym beside what it stands for, and never decides alone: two people sign, or ask and approve.
export { openMaskingPolicies, type MaskingPolicyDesk } from './policies.js'
export { checkText, diffOf, policySaid, traceOf } from './try-out.js'
