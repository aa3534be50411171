import {
  compartmentPatients,
  forEachReference,
  isResourceType,
  parseJson,
  parseReference,
  searchParameters,
  type Resource,
} from '@aquifer/core/fhir'
import { mayTouchType } from '../../access/index.js'
import type { StoredVersion } from '../../repository/index.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import type { Include } from './request.js'
import type { Scopes } from './search.js'

const includedMax = 1000

/** Resources that the page’s resources refer to, or that refer to them; each once, and only what the caller may see. */
export async function includedIn(
  systems: FhirSystems,
  request: FhirRequest,
  scopes: Scopes,
  page: readonly StoredVersion[],
  includes: readonly Include[],
): Promise<StoredVersion[]> {
  const found = new Map<string, StoredVersion>()
  const onPage = new Set(page.map((row) => `${row.type}/${row.id}`))
  const add = (rows: readonly StoredVersion[]) => {
    for (const row of rows) if (!onPage.has(`${row.type}/${row.id}`) && found.size < includedMax) found.set(`${row.type}/${row.id}`, row)
  }
  for (const include of includes) {
    if (include.direction === 'include')
      for (const [type, ids] of referencedBy(page, include)) add(await byIds(systems, request, scopes, type, ids))
    else add(await referringTo(systems, request, scopes, page, include))
  }
  return [...found.values()]
}

async function byIds(
  systems: FhirSystems,
  request: FhirRequest,
  scopes: Scopes,
  type: string,
  ids: ReadonlySet<string>,
): Promise<StoredVersion[]> {
  const scope = scopes(type)
  if (mayTouchType(request.grant, 'read', type) !== null || ids.size === 0 || scope === null) return []
  const page = await systems.repository.search({ scope, type, clauses: [{ kind: 'id', ids: [...ids] }], count: includedMax })
  return page.rows
}

async function referringTo(
  systems: FhirSystems,
  request: FhirRequest,
  scopes: Scopes,
  page: readonly StoredVersion[],
  include: Include,
): Promise<StoredVersion[]> {
  const fact = parameter(include)
  // Each type has limits of its own: what refers to a practitioner tells about people, the practitioner does not.
  const scope = scopes(include.type)
  if (fact === undefined || page.length === 0 || scope === null || mayTouchType(request.grant, 'read', include.type) !== null) return []
  const any = page.map((row) => ({ type: row.type, id: row.id }))
  const answer = await systems.repository.search({
    scope,
    type: include.type,
    clauses: [{ kind: 'reference', param: include.param, any }],
    count: includedMax,
  })
  return answer.rows
}

const parameter = ({ type, param }: Include) =>
  (searchParameters[type] ?? []).find((fact) => fact.name === param && fact.type === 'reference')

function referencedBy(page: readonly StoredVersion[], include: Include): Map<string, Set<string>> {
  const byType = new Map<string, Set<string>>()
  const fact = parameter(include)
  if (fact === undefined) return byType
  const add = (type: string, id: string) => {
    if (fact.target !== undefined && !fact.target.includes(type)) return
    byType.set(type, (byType.get(type) ?? new Set()).add(id))
  }
  for (const row of page) {
    if (row.type !== include.type || row.content === null) continue
    const parsed = parseJson(row.content.toString())
    if (parsed.problem !== undefined) continue
    const resource = parsed.resource as Resource
    if (include.param === 'patient') for (const id of compartmentPatients(resource)) add('Patient', id)
    else for (const path of fact.paths) collect(resource, path.split('.'), add)
  }
  return byType
}

function collect(value: unknown, names: readonly string[], add: (type: string, id: string) => void): void {
  if (Array.isArray(value)) for (const item of value) collect(item, names, add)
  else if (typeof value === 'object' && value !== null) {
    const [name, ...rest] = names
    if (name !== undefined) collect((value as Record<string, unknown>)[name.replace(/\[.*$/, '')], rest, add)
    else
      forEachReference([value], (text) => {
        const reference = parseReference(text)
        if (reference.kind === 'relative' && isResourceType(reference.type)) add(reference.type, reference.id)
      })
  }
}
