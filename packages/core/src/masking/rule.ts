import type { z } from 'zod'
import type { codesForm, conditionForm, ruleForm } from './rule-form.js'

/** One rule of a policy: what it meets, under which conditions, and what it does. */
export type MaskingRule = z.infer<ReturnType<typeof ruleForm>>
export type RuleCondition = z.infer<ReturnType<typeof conditionForm>>
export type MethodName = MaskingRule['method']

/** Name of what a rule does, as traces and tables tell it: 'generalize zip3'. */
export function methodLabel(rule: MaskingRule): string {
  return 'to' in rule ? `${rule.method} ${rule.to}` : rule.method
}

/** Codes that a rule meets, by code: the systems it may stand under. */
export function codesOf(given: z.infer<ReturnType<typeof codesForm>>): ReadonlyMap<string, ReadonlySet<string>> {
  const pairs = Array.isArray(given) ? given : given.values.map((code) => ({ system: given.system, code }))
  const systems = new Map<string, Set<string>>()
  for (const { system, code } of pairs) systems.set(code, (systems.get(code) ?? new Set()).add(system))
  return systems
}
