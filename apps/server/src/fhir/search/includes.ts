import {
  compartmentPatients,
  isResourceType,
  parseJson,
  parseReference,
  referenceText,
  resourceTypes,
  searchParameter,
  transportTypes,
  valuesOf,
  type Resource,
} from '@aquifer/core/fhir'
import { mayTouchType } from '../../access/index.js'
import type { SearchClause, StoredVersion } from '../../repository/index.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { referencesOf, type Include } from './request.js'
import type { Scopes } from './search.js'

/** As many resources as a page includes, and as many steps from them as `:recurse` goes. */
export const includedMax = 1000
export const recursionMax = 5

export interface Included {
  rows: StoredVersion[]
  /** there are more than were included */
  isCut: boolean
}

interface Gathering {
  systems: FhirSystems
  request: FhirRequest
  scopes: Scopes
  found: Map<string, StoredVersion>
  isCut: boolean
}

const nameOf = (row: { type: string; id: string }): string => `${row.type}/${row.id}`

/** Resources that the page’s resources refer to, or that refer to them; each once, and only what the caller may see. */
export async function includedIn(
  systems: FhirSystems,
  request: FhirRequest,
  scopes: Scopes,
  page: readonly StoredVersion[],
  includes: readonly Include[],
): Promise<Included> {
  const gathering: Gathering = { systems, request, scopes, found: new Map(), isCut: false }
  const onPage = new Set(page.map(nameOf))
  let from = page
  for (let step = 0; step < recursionMax && from.length > 0; step += 1) {
    const next: StoredVersion[] = []
    for (const include of includes) {
      if (step > 0 && !include.recurse) continue
      const rows =
        include.direction === 'include' ? await referredTo(gathering, from, include) : await referringTo(gathering, from, include)
      for (const row of rows) {
        if (onPage.has(nameOf(row)) || gathering.found.has(nameOf(row))) continue
        if (gathering.found.size >= includedMax) gathering.isCut = true
        else {
          gathering.found.set(nameOf(row), row)
          next.push(row)
        }
      }
    }
    from = next
  }
  return { rows: [...gathering.found.values()], isCut: gathering.isCut }
}

async function find(gathering: Gathering, type: string, clause: SearchClause): Promise<StoredVersion[]> {
  const { systems, request, scopes } = gathering
  // Each type has limits of its own: what refers to a practitioner tells about people, the practitioner does not.
  const scope = scopes(type)
  if (scope === null || mayTouchType(request.grant, 'read', type) !== null) return []
  const page = await systems.repository.search({ scope, type, clauses: [clause], count: includedMax, uncounted: true })
  if (page.next !== null) gathering.isCut = true
  return page.rows
}

async function referredTo(gathering: Gathering, from: readonly StoredVersion[], include: Include): Promise<StoredVersion[]> {
  const rows: StoredVersion[] = []
  for (const [type, ids] of referencedBy(from, include)) rows.push(...(await find(gathering, type, { kind: 'id', ids: [...ids] })))
  return rows
}

async function referringTo(gathering: Gathering, to: readonly StoredVersion[], include: Include): Promise<StoredVersion[]> {
  const types = include.type === null ? resourceTypes.filter((type) => !transportTypes.has(type)) : [include.type]
  const rows: StoredVersion[] = []
  for (const type of types) {
    const ways = (include.param === null ? referencesOf(type) : [include.param]).flatMap((param) => {
      const targets = searchParameter(type, param)?.fact.target
      const any = to
        .filter((row) => (targets?.includes(row.type) ?? true) && (include.target ?? row.type) === row.type)
        .map(({ type: of, id }) => ({ type: of, id }))
      return any.length === 0 ? [] : [{ kind: 'reference', param, any } satisfies SearchClause]
    })
    const [only, another] = ways
    if (only !== undefined)
      rows.push(...(await find(gathering, type, another === undefined ? only : { kind: 'any', of: ways.map((way) => [way]) })))
  }
  return rows
}

function referencedBy(from: readonly StoredVersion[], include: Include): Map<string, Set<string>> {
  const byType = new Map<string, Set<string>>()
  for (const row of from) {
    if ((include.type ?? row.type) !== row.type || row.content === null) continue
    const parsed = parseJson(row.content.toString())
    if (parsed.problem !== undefined) continue
    for (const param of include.param === null ? referencesOf(row.type) : [include.param]) {
      for (const { type, id } of pointedTo(parsed.resource as Resource, param)) {
        if ((include.target ?? type) === type) byType.set(type, (byType.get(type) ?? new Set()).add(id))
      }
    }
  }
  return byType
}

function pointedTo(resource: Resource, param: string): { type: string; id: string }[] {
  const targets = searchParameter(resource.resourceType, param)?.fact.target
  const found = valuesOf(resource, param).flatMap((value) => {
    const reference = parseReference(referenceText(value))
    const isTarget = reference.kind === 'relative' && isResourceType(reference.type) && targets?.includes(reference.type) !== false
    return isTarget ? [{ type: reference.type, id: reference.id }] : []
  })
  // Whose data it is may be said in another way than by a reference of this form.
  return param === 'patient' ? [...found, ...compartmentPatients(resource).map((id) => ({ type: 'Patient', id }))] : found
}
