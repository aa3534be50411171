import { elementTypes, resourceTypes, searchParameter, transportTypes } from '@aquifer/core/fhir'
import { modifiersOf, ofEveryType, parametersNamed } from './search/clauses.js'
import { referencesOf } from './search/request.js'

export interface ConformanceFacts {
  base: string
  startedAt: string
  version: string
  /** interactions that have a route, as /metadata tells them */
  interactions: readonly string[]
  systemInteractions: readonly string[]
  /** operations that have a route, by the name after the dollar */
  operations: readonly string[]
}

/** What the server can do, made from what is registered and what the search index holds. */
export function conformance(facts: ConformanceFacts): Record<string, unknown> {
  const interaction = facts.interactions.map((code) => ({ code }))
  return {
    resourceType: 'Conformance',
    url: `${facts.base}/metadata`,
    version: facts.version,
    name: 'Aquifer',
    status: 'active',
    experimental: false,
    date: facts.startedAt,
    description: 'Studies’ health data behind consent; every read and write is scoped to a study and audited.',
    kind: 'instance',
    software: { name: 'Aquifer', version: facts.version },
    implementation: { description: 'Aquifer', url: facts.base },
    fhirVersion: '1.0.2',
    acceptUnknown: 'no',
    format: ['application/json+fhir', 'application/xml+fhir', 'json', 'xml'],
    rest: [
      {
        mode: 'server',
        security: {
          cors: false,
          service: [{ coding: [{ system: 'http://hl7.org/fhir/restful-security-service', code: 'OAuth' }], text: 'Bearer tokens (JWT)' }],
        },
        resource: resourceTypes
          .filter((type) => !transportTypes.has(type))
          .map((type) => ({
            type,
            interaction,
            versioning: 'versioned',
            readHistory: true,
            updateCreate: true,
            conditionalCreate: true,
            conditionalUpdate: true,
            conditionalDelete: 'single',
            searchInclude: ['*', ...referencesOf(type).map((name) => `${type}:${name}`)],
            searchRevInclude: revIncludesOf(type),
            searchParam: searchParamsOf(type),
          })),
        interaction: facts.systemInteractions.map((code) => ({ code })),
        operation: facts.operations.map((name) => ({ name, definition: { reference: definitionOf(name, facts.base) } })),
      },
    ],
  }
}

// Those of DSTU2 by its own definitions; $import and $export are not of DSTU2 and are told by their address.
const ofDstu2: Readonly<Record<string, string>> = {
  everything: 'Patient-everything',
  meta: 'Resource-meta',
  'meta-add': 'Resource-meta-add',
  'meta-delete': 'Resource-meta-delete',
  expand: 'ValueSet-expand',
  'validate-code': 'ValueSet-validate-code',
  validate: 'Resource-validate',
}
const definitionOf = (name: string, base: string): string =>
  ofDstu2[name] === undefined ? `${base}/$${name}` : `http://hl7.org/fhir/OperationDefinition/${ofDstu2[name]}`

const searchParams = new Map<string, Record<string, unknown>[]>()

/** What is answered for every type and its own parameters; always the same, so made once. */
function searchParamsOf(type: string): Record<string, unknown>[] {
  let known = searchParams.get(type)
  if (known === undefined) {
    known = [...ofEveryType, ...parametersNamed(type)].map(({ name, type: kind, ...more }) => {
      const modifier = modifiersNamed(type, name, kind)
      const target = 'target' in more ? more.target : undefined
      return { name, type: kind, ...(modifier ? { modifier } : {}), ...(target ? { target, chain: ['*'] } : {}) }
    })
    searchParams.set(type, known)
  }
  return known
}

function modifiersNamed(type: string, name: string, kind: string): readonly string[] | undefined {
  const fact = searchParameter(type, name)?.fact
  if (fact === undefined || fact.type === 'composite') return undefined
  return elementTypes(type, name).includes('BackboneElement') ? ['missing'] : modifiersOf[kind]
}

let revIncludes: Map<string, string[]> | undefined
function revIncludesOf(type: string): string[] {
  if (revIncludes === undefined) {
    revIncludes = new Map()
    for (const other of resourceTypes.filter((each) => !transportTypes.has(each)))
      for (const name of referencesOf(other))
        for (const target of searchParameter(other, name)?.fact.target ?? [])
          revIncludes.set(target, [...(revIncludes.get(target) ?? []), `${other}:${name}`])
  }
  return ['*', ...(revIncludes.get(type) ?? [])]
}
