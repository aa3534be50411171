import { isPublicSystem, isRegisteredOid, mayBeListedCode } from './code-systems.js'
import { isMediaType } from './media-types.js'
import type { Plan } from './plan.js'
import { misshapen, removed } from './removal.js'
import type { Handler } from './run.js'
import { withoutShapes } from './scrub.js'
import { isPlainCode } from './tokens.js'

const definitions: ReadonlySet<string> = new Set([
  'Conformance', 'ConceptMap', 'DataElement', 'ImplementationGuide', 'NamingSystem', 'OperationDefinition', 'Questionnaire',
  'SearchParameter', 'StructureDefinition', 'TestScript', 'ValueSet',
]) // prettier-ignore

/** What these types define has words of its own; who defines it is no patient. */
export const isDefinition = (type: string): boolean => definitions.has(type)

/** A code that a definition lists; else its pseudonym stands for it, as it does where the code is used. */
export const listedCode: Handler = (value, run) => {
  if (typeof value !== 'string' || value === '') return misshapen(run)
  if (isPlainCode(value) && (mayBeListedCode(value) || isMediaType(value))) return value
  run.counts.identifying++
  return run.pseudonyms.text('cod', value)
}

/** The text of a definition: about nobody, so that it stays, but for what has the shape of a number, an address or a date of somebody. */
export function definitionText(plan: Plan, path: string): Handler {
  const text: Handler = (value, run) => {
    if (!run.definition) return removed(value, run)
    return typeof value === 'string' ? withoutShapes(value, run) : misshapen(run)
  }
  if (path !== 'NamingSystem.uniqueId.value') return text
  // It names a house as the systems in its data do, and its pseudonym is theirs.
  return (value, run) => {
    if (!run.definition || typeof value !== 'string' || value === '') return text(value, run)
    if (isPublicSystem(value, plan.systems) || isRegisteredOid(value)) return value
    run.counts.identifying++
    return run.pseudonyms.uri(value)
  }
}
