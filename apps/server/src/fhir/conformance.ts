import { resourceTypes, transportTypes } from '@aquifer/core/fhir'
import { modifiersOf, searchParametersOf } from './search/clauses.js'

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
    format: ['json'],
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
            searchInclude: ['*:parameter'],
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

function searchParamsOf(type: string): Record<string, unknown>[] {
  const own = searchParametersOf(type)
  return [
    { name: '_id', type: 'token' },
    { name: '_lastUpdated', type: 'date' },
    ...own.map((fact) => ({
      name: fact.name,
      type: fact.type,
      ...(modifiersOf[fact.type] ? { modifier: modifiersOf[fact.type] } : {}),
      ...(fact.target ? { target: fact.target } : {}),
    })),
  ]
}
