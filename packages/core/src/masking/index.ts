// De-identification: policies as data, compiled to one pass of default deny over every DSTU2 resource.
// It never keeps what a policy does not name, never reads a clock or makes a key, and never puts a value into a reason or a count.
export { builtInPolicies, expert, safeHarbor } from './built-in-policies.js'
export { compilePolicy, createMasker, traceResource } from './masker.js'
export type { CompiledPolicy, Masked, Masker, MaskerOptions } from './masker.js'
export { policyLabel, yearsOnly } from './policy.js'
export type { ExtensionRule, Policy } from './policy.js'
export { phiClassNames, treatmentsOf } from './phi-class.js'
export type { PhiClass, Treatment } from './phi-class.js'
export type { MaskedForm } from './plan.js'
export type { Hmac, Pseudonyms } from './pseudonyms.js'
export { addRemovals, noRemovals } from './run.js'
export type { DisplaySink, HoldReason, RemovalCounts } from './run.js'
export type { TraceStep } from './trace.js'
