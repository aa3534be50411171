import { elementRules } from './repairs-of-elements.js'
import { knownDefectRules } from './repairs-of-known-defects.js'
import type { RepairRule } from './repair-rule.js'
import { valueRules } from './repairs-of-values.js'

/** Every change that is ever made to content, and only to content that validation refuses. The first that applies is taken. */
export const repairRules: readonly RepairRule[] = [...elementRules, ...valueRules, ...knownDefectRules]
