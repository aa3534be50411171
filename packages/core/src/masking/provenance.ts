import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import type { TraceStep } from './trace.js'

/** What was done to one element that did not stay as it was. Never a value. */
export interface MaskedElement {
  path: string
  /** 'year', 'pseudonym', 'generalize zip3' …; 'remove' where nothing is left. */
  method: string
  rule: string | null
}

export function maskedElements(steps: readonly TraceStep[]): MaskedElement[] {
  return steps.flatMap(({ path, outcome, treatment, rule, method }) => {
    if (outcome === 'kept') return []
    return [{ path, method: method ?? (outcome === 'removed' ? 'remove' : (treatment ?? 'rewrite')), rule }]
  })
}

/**
 * Tells it in the resource, as extensions of meta: valid in every DSTU2 resource, where a contained Provenance would be an orphan that
 * nothing refers to.
 */
export function writeProvenance(out: JsonObject, elements: readonly MaskedElement[]): void {
  if (elements.length === 0) return
  const meta = isObject(out['meta']) ? out['meta'] : {}
  const before = Array.isArray(meta['extension']) ? (meta['extension'] as unknown[]) : []
  const told = elements.map(({ path, method, rule }) => ({
    url: 'urn:aquifer:masked-element',
    extension: [
      { url: 'path', valueString: path },
      { url: 'method', valueCode: method },
      ...(rule === null ? [] : [{ url: 'rule', valueString: rule }]),
    ],
  }))
  out['meta'] = { ...meta, extension: [...before, ...told] }
}
