import type { FastifyRequest } from 'fastify'
import { dateRange, isObject } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { everything, everythingSet, labelsFrom, labelsInUse, labelsOf, parseBody, relabel, type Labels } from '../../fhir/index.js'
import type { Answer } from '../answer.js'
import { paramOf, queryOf, wholeNumber } from '../bind.js'
import { baseOf, fhirRequestOf } from '../fhir-request.js'
import type { FhirParts } from './fhir-parts.js'

const pageMax = 1000
const pageDefault = 200

/** Operations on people’s records and on the labels of resources. */
export function operationRoutes(parts: FhirParts): void {
  const { on } = parts
  on('everything', { act: 'read', handler: (request) => everythingOf(parts, request, queryOf(request)) })
  on('everythingByPost', {
    act: 'read',
    handler: async (request) => {
      const asked = await primitivesIn(parts, request)
      return isRefusal(asked) ? asked : everythingOf(parts, request, { ...queryOf(request), ...asked })
    },
  })
  const { fhir } = parts.systems
  const instance = (request: FastifyRequest) => ({ type: paramOf(request, 'type'), id: paramOf(request, 'id') })
  on('metaOfSystem', { act: 'read', handler: async (request) => labelled(await labelsInUse(fhir, fhirRequestOf(request), null)) })
  on('metaOfType', {
    act: 'read',
    handler: async (request) => labelled(await labelsInUse(fhir, fhirRequestOf(request), paramOf(request, 'type'))),
  })
  on('meta', {
    act: 'read',
    handler: async (request) => labelled(await labelsOf(fhir, fhirRequestOf(request), { ...instance(request), version: null })),
  })
  on('metaOfVersion', {
    act: 'vread',
    handler: async (request) => {
      const version = wholeNumber(paramOf(request, 'vid'), { min: 1, max: 999_999_999, otherwise: 0 })
      if (version === null) return refuse('unknown', { detail: 'There is no such version.' })
      return labelled(await labelsOf(fhir, fhirRequestOf(request), { ...instance(request), version }))
    },
  })
  for (const [name, act] of [
    ['metaAdd', 'add'],
    ['metaDelete', 'delete'],
  ] as const)
    on(name, {
      act: 'update',
      handler: async (request) => {
        const labels = await metaIn(parts, request)
        if (isRefusal(labels)) return labels
        return labelled(await relabel(fhir, fhirRequestOf(request), instance(request), { act, labels }))
      },
    })
}

async function everythingOf(parts: FhirParts, request: FastifyRequest, asked: Record<string, string>): Promise<Answer | Refusal> {
  const { fhir } = parts.systems
  const { start, end } = asked
  const [from, to] = [start, end].map((text) => (text === undefined ? undefined : dateRange(text)))
  if (from === null || to === null)
    return refuse('bad-parameter', { detail: 'start and end are dates.', parameter: from === null ? 'start' : 'end' })
  const count = wholeNumber(asked['_count'], { min: 1, max: 999_999_999, otherwise: pageDefault })
  if (count === null) return refuse('bad-parameter', { detail: '_count is a whole number from 1.', parameter: '_count' })
  const id = paramOf(request, 'id')
  const page = await everything(fhir, fhirRequestOf(request), id, {
    from: from?.lo ?? null,
    to: to?.hi ?? null,
    count: Math.min(count, pageMax),
    token: asked['_page'] ?? null,
  })
  if (isRefusal(page)) return page
  const address = (more: Record<string, string>): string => {
    const kept = Object.entries(asked).filter(([name]) => name !== '_page')
    const text = new URLSearchParams([...kept, ...Object.entries(more)]).toString()
    return `${baseOf(request)}/Patient/${id}/$everything${text === '' ? '' : `?${text}`}`
  }
  const next = page.next === null ? null : address({ _page: page.next })
  return { body: everythingSet(baseOf(request), page, { self: address({}), next }) }
}

/** The parameters of a posted Parameters resource, or a refusal. */
export async function parametersIn(parts: FhirParts, request: FastifyRequest): Promise<Record<string, unknown>[] | Refusal> {
  const text = parts.bodyText(request)
  if (text === '') return []
  const resource = await parseBody(text)
  if (isRefusal(resource)) return resource
  const list = resource['parameter'] ?? []
  if (resource.resourceType !== 'Parameters' || !Array.isArray(list))
    return refuse('invalid', { detail: 'An operation takes a Parameters resource.' })
  return (list as unknown[]).filter(isObject)
}

export async function primitivesIn(parts: FhirParts, request: FastifyRequest): Promise<Record<string, string> | Refusal> {
  const parameters = await parametersIn(parts, request)
  if (isRefusal(parameters)) return parameters
  const said: Record<string, string> = {}
  for (const parameter of parameters) {
    const value = Object.entries(parameter).find(([name]) => name.startsWith('value'))?.[1]
    if (typeof parameter['name'] === 'string' && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      said[parameter['name']] = String(value)
  }
  return said
}

async function metaIn(parts: FhirParts, request: FastifyRequest): Promise<Labels | Refusal> {
  const parameters = await parametersIn(parts, request)
  if (isRefusal(parameters)) return parameters
  const meta = parameters.find((each) => each['name'] === 'meta')?.['valueMeta']
  return meta === undefined ? refuse('invalid', { detail: 'The parameter meta is needed, with a valueMeta.' }) : labelsFrom(meta)
}

function labelled(labels: Labels | Refusal): Answer | Refusal {
  if (isRefusal(labels)) return labels
  const valueMeta = Object.fromEntries(Object.entries(labels).filter(([, list]) => (list as unknown[]).length > 0))
  return { body: JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta }] }) }
}
