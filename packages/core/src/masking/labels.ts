import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'

/** What was done to a resource, one bit each. */
export const applied = { redacted: 1, pseudonymized: 2, generalized: 4, masked: 8, scrubbed: 16, regenerated: 32 } as const

const v3 = 'http://hl7.org/fhir/v3/ObservationValue'
const codings: readonly (readonly [number, JsonObject])[] = [
  [applied.redacted, { system: v3, code: 'REDACTED' }],
  [applied.pseudonymized, { system: v3, code: 'PSEUDED' }],
  [applied.generalized, { system: v3, code: 'ABSTRED' }],
  [applied.masked, { system: v3, code: 'MASKED' }],
  [applied.regenerated, { system: v3, code: 'SYNTAC' }],
  // No code of HL7's says that text was left with words taken out of it: whoever reads it has to know.
  [applied.scrubbed, { system: 'urn:aquifer:masking', code: 'scrubbed' }],
]

/** Adds the labels of what was done to meta.security; labels that already stand there stay. */
export function addLabels(out: JsonObject, bits: number): void {
  if (bits === 0) return
  const meta = isObject(out['meta']) ? out['meta'] : {}
  const security = Array.isArray(meta['security']) ? (meta['security'] as JsonObject[]) : []
  const due = codings.filter(
    ([bit, { system, code }]) => (bits & bit) !== 0 && !security.some((has) => has['system'] === system && has['code'] === code),
  )
  if (due.length === 0) return
  out['meta'] = { ...meta, security: [...security, ...due.map(([, coding]) => ({ ...coding }))] }
}
