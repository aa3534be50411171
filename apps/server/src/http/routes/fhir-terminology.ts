import type { FastifyRequest } from 'fastify'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { codingsIn, expand, validateCode, type Coding, type NamedValueSet } from '../../fhir/index.js'
import type { Answer } from '../answer.js'
import { paramOf, queryOf, wholeNumber } from '../bind.js'
import { fhirRequestOf } from '../fhir-request.js'
import { parametersIn, primitivesIn } from './fhir-operations.js'
import type { FhirParts } from './fhir-parts.js'

const countMax = 10_000
const countDefault = 1_000

/** $expand and $validate-code: valueset-operations.html of DSTU2, for what DSTU2 itself carries and what is stored. */
export function terminologyRoutes(parts: FhirParts): void {
  const { on } = parts
  const byId = (request: FastifyRequest): NamedValueSet => ({ id: paramOf(request, 'id') })
  on('expand', { act: 'read', handler: (request) => expansion(parts, request, queryOf(request), byId(request)) })
  on('expandByUrl', { act: 'read', handler: (request) => expansion(parts, request, queryOf(request), null) })
  on('expandByPost', {
    act: 'read',
    handler: async (request) => {
      const said = await primitivesIn(parts, request)
      return isRefusal(said) ? said : expansion(parts, request, said, null)
    },
  })
  on('validateCode', { act: 'read', handler: (request) => validation(parts, request, queryOf(request), byId(request)) })
  on('validateCodeByUrl', { act: 'read', handler: (request) => validation(parts, request, queryOf(request), null) })
  on('validateCodeByPost', {
    act: 'read',
    handler: async (request) => {
      const [said, all] = [await primitivesIn(parts, request), await parametersIn(parts, request)]
      if (isRefusal(said)) return said
      if (isRefusal(all)) return all
      const codings = all.flatMap((each) => codingsIn(each['valueCoding'] ?? each['valueCodeableConcept']))
      return validation(parts, request, said, null, codings)
    },
  })
}

/** By the address of the value set: `identifier` in DSTU2, `url` since. */
function urlIn(said: Record<string, string>): NamedValueSet | Refusal {
  const url = said['identifier'] ?? said['url']
  return url === undefined
    ? refuse('bad-parameter', { detail: 'Name the value set by identifier or url.', parameter: 'identifier' })
    : { url }
}

async function expansion(
  { systems }: FhirParts,
  request: FastifyRequest,
  said: Record<string, string>,
  byId: NamedValueSet | null,
): Promise<Answer | Refusal> {
  const named = byId ?? urlIn(said)
  if (isRefusal(named)) return named
  const offset = wholeNumber(said['offset'], { min: 0, max: 999_999_999, otherwise: 0 })
  const count = wholeNumber(said['count'], { min: 0, max: 999_999_999, otherwise: countDefault })
  if (offset === null || count === null)
    return refuse('bad-parameter', { detail: 'offset and count are whole numbers.', parameter: offset === null ? 'offset' : 'count' })
  const answer = await expand(systems.fhir, fhirRequestOf(request), named, {
    filter: said['filter'] ?? '',
    offset,
    count: Math.min(count, countMax),
  })
  return isRefusal(answer) ? answer : { body: JSON.stringify(answer) }
}

async function validation(
  { systems }: FhirParts,
  request: FastifyRequest,
  said: Record<string, string>,
  byId: NamedValueSet | null,
  more: readonly Coding[] = [],
): Promise<Answer | Refusal> {
  const named = byId ?? urlIn(said)
  if (isRefusal(named)) return named
  const { code, system = null, display = null } = said
  const codings = code === undefined ? more : [{ system, code, display }, ...more]
  if (codings.length === 0) return refuse('bad-parameter', { detail: 'Say a code, a coding or a codeableConcept.', parameter: 'code' })
  const answer = await validateCode(systems.fhir, fhirRequestOf(request), named, codings)
  if (isRefusal(answer)) return answer
  const parameter = [
    { name: 'result', valueBoolean: answer.result },
    ...(answer.message === null ? [] : [{ name: 'message', valueString: answer.message }]),
    ...(answer.display === null ? [] : [{ name: 'display', valueString: answer.display }]),
  ]
  return { body: JSON.stringify({ resourceType: 'Parameters', parameter }) }
}
