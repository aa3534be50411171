import { isObject, parseJson } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { CodeSystem, Compose, Expanded, OwnConcept } from '@aquifer/core/terminology'
import { mayTouchType, noSuchResource } from '../access/index.js'
import { read } from './read.js'
import { loadTerminology } from './search/asking.js'
import type { FhirRequest, FhirSystems } from './systems.js'

/** Which value set: a stored one or one of DSTU2’s own, by its id, or one of DSTU2’s own by its address. */
export type NamedValueSet = { id: string } | { url: string }
export interface Coding {
  system: string | null
  code: string
  display: string | null
}
interface Found {
  id: string
  url: string | null
  name: string
  codes: readonly Expanded[]
}

/** What is in a value set, narrowed by words of its displays and codes, a page at a time. */
export async function expand(
  systems: FhirSystems,
  request: FhirRequest,
  named: NamedValueSet,
  asked: { filter: string; offset: number; count: number },
): Promise<Record<string, unknown> | Refusal> {
  const found = await valueSetOf(systems, request, named)
  if (isRefusal(found)) return found
  const words = asked.filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const isAsked = ({ code, display }: Expanded): boolean => {
    const text = `${code} ${display}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const matches = words.length === 0 ? found.codes : found.codes.filter(isAsked)
  return {
    resourceType: 'ValueSet',
    id: found.id,
    ...(found.url === null ? {} : { url: found.url }),
    name: found.name,
    status: 'active',
    expansion: {
      identifier: `urn:uuid:${systems.newId()}`,
      timestamp: new Date(systems.now()).toISOString(),
      total: matches.length,
      offset: asked.offset,
      contains: matches.slice(asked.offset, asked.offset + asked.count).map(({ system, version, code, display, abstract }) => ({
        system,
        ...(abstract ? { abstract } : {}),
        ...(version === '' ? {} : { version }),
        code,
        ...(display === '' ? {} : { display }),
      })),
    },
  }
}

/** Whether any of the codings is in the value set; what is said of its display is checked too. */
export async function validateCode(
  systems: FhirSystems,
  request: FhirRequest,
  named: NamedValueSet,
  codings: readonly Coding[],
): Promise<{ result: boolean; message: string | null; display: string | null } | Refusal> {
  const found = await valueSetOf(systems, request, named)
  if (isRefusal(found)) return found
  for (const { system, code, display } of codings) {
    const match = found.codes.find((each) => each.code === code && !each.abstract && (system === null || each.system === system))
    if (match === undefined) continue
    const fits = display === null || match.display === '' || display.toLowerCase() === match.display.toLowerCase()
    return { result: fits, message: fits ? null : 'The display is not that of the code.', display: match.display || null }
  }
  return { result: false, message: 'The code is not in the value set.', display: null }
}

async function valueSetOf(systems: FhirSystems, request: FhirRequest, named: NamedValueSet): Promise<Found | Refusal> {
  const forbidden = mayTouchType(request.grant, 'read', 'ValueSet')
  if (forbidden !== null) return forbidden
  const { expansionOf, ownValueSets } = await loadTerminology()
  const stored = 'id' in named ? await read(systems, request, { type: 'ValueSet', id: named.id }) : noSuchResource()
  if (!isRefusal(stored)) {
    const { content } = stored.version
    const resource = content === null ? null : parseJson(content.toString()).resource
    if (!isObject(resource)) throw new Error('a stored version that cannot be read')
    const { id, url, name } = resource
    const codes = expansionOf({ ...composeOf(resource), ...ownSystemOf(resource) })
    if ('missing' in codes) return notCarried(codes.missing)
    return { id: String(id), url: typeof url === 'string' ? url : null, name: typeof name === 'string' ? name : String(id), codes }
  }
  const own = 'id' in named ? ownValueSets().byId.get(named.id) : ownValueSets().byUrl.get(named.url)
  if (own === undefined) return stored
  const codes = expansionOf(own)
  return 'missing' in codes ? notCarried(codes.missing) : { id: own.id, url: own.url, name: own.name, codes }
}

const notCarried = (missing: string): Refusal =>
  refuse('not-supported', { detail: `The value set takes in ${missing.slice(0, 200)}, whose codes DSTU2 does not carry.` })

function composeOf({ compose }: Record<string, unknown>): { compose?: Compose } {
  return isObject(compose) ? { compose } : {}
}

function ownSystemOf({ codeSystem }: Record<string, unknown>): { own?: CodeSystem } {
  if (!isObject(codeSystem) || typeof codeSystem['system'] !== 'string') return {}
  const { system, version } = codeSystem
  return { own: { system, version: typeof version === 'string' ? version : '', concepts: conceptsIn(codeSystem['concept'], 0) } }
}

function conceptsIn(list: unknown, depth: number): OwnConcept[] {
  if (!Array.isArray(list)) return []
  return (list as unknown[])
    .filter(isObject)
    .flatMap(({ code, display, abstract, concept }) => [
      { code: String(code), display: typeof display === 'string' ? display : '', abstract: abstract === true, depth },
      ...conceptsIn(concept, depth + 1),
    ])
}

/** Codings said in a Parameters resource: a code with its system, a Coding, or a CodeableConcept. */
export function codingsIn(value: unknown): Coding[] {
  if (!isObject(value)) return []
  const list = Array.isArray(value['coding']) ? (value['coding'] as unknown[]).filter(isObject) : [value]
  const text = (each: unknown): string | null => (typeof each === 'string' ? each : null)
  return list.flatMap(({ system, code, display }) =>
    typeof code === 'string' ? [{ system: text(system), code, display: text(display) }] : [],
  )
}
