import { isObject, parseJson, resourceTypes, stringifyResource, transportTypes, type JsonObject, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../access/index.js'
import type { StoredVersion } from '../repository/index.js'
import { read, vread } from './read.js'
import { searchScopeFor, sitesToRead, studyOf } from './scope.js'
import type { FhirRequest, FhirSystems } from './systems.js'
import { update } from './write.js'

/** Profiles, tags and security labels: the part of a resource’s meta that is the sender’s. */
export interface Labels {
  profile: string[]
  tag: JsonObject[]
  security: JsonObject[]
}

const attemptsMax = 8
// Every one of them is looked at: a study that has more is asked by type, or of single resources.
const resourcesMax = 20_000
const pageSize = 1_000

export const noLabels = (): Labels => ({ profile: [], tag: [], security: [] })

export async function labelsOf(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string; version: number | null },
): Promise<Labels | Refusal> {
  const { type, id, version } = key
  const found = version === null ? await read(systems, request, { type, id }) : await vread(systems, request, { type, id, version })
  return isRefusal(found) ? found : labelsIn(found.version)
}

/** All labels in use on a type, or in the whole study, as far as the caller may see the resources that bear them. */
export async function labelsInUse(systems: FhirSystems, request: FhirRequest, type: string | null): Promise<Labels | Refusal> {
  if (type !== null && !resourceTypes.includes(type)) return noSuchType()
  const { grant } = request
  const types = (type === null ? resourceTypes : [type]).filter((each) => mayTouchType(grant, 'read', each) === null)
  if (types.length === 0) return refuse('not-permitted', { detail: `The role ${grant.role} may not read ${type ?? 'any resource'}.` })
  const study = await studyOf(systems.studies, grant, request.asked)
  if (isRefusal(study)) return study
  if (study === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  const sites = sitesToRead(study, grant, request.asked)
  if (isRefusal(sites)) return sites
  request.facts.sid = study.sid
  const labels = noLabels()
  let read = 0
  for (const each of types) {
    const scope = transportTypes.has(each) ? null : searchScopeFor(grant, each, study, sites)
    for (let cursor: string | null = null; scope !== null;) {
      const page = await systems.repository.search({ scope, type: each, clauses: [], count: pageSize, cursor })
      for (const row of page.rows) add(labels, labelsIn(row))
      read += page.rows.length
      if (read + (page.total > pageSize && cursor === null ? page.total - pageSize : 0) > resourcesMax)
        return refuse('business-rule', { detail: `These are more than ${resourcesMax} resources: ask by type, or of one resource.` })
      cursor = page.next
      if (cursor === null) break
    }
  }
  return labels
}

/**
 * Adds labels to a resource or takes them away. DSTU2 would change the version in place; here a version is never changed, so it is a
 * further one. Nothing is stored where nothing changes.
 */
export async function relabel(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  change: { act: 'add' | 'delete'; labels: Labels },
): Promise<Labels | Refusal> {
  for (let attempt = 1; ; attempt += 1) {
    const forbidden = mayTouchType(request.grant, 'write', key.type)
    if (forbidden !== null) return forbidden
    const found = await read(systems, request, key)
    if (isRefusal(found)) return found
    const resource = resourceOf(found.version)
    const before = labelsOfResource(resource)
    const after = change.act === 'add' ? add(copyOf(before), change.labels) : without(before, change.labels)
    if (sizeOf(after) === sizeOf(before)) return before
    const meta: JsonObject = { ...(isObject(resource['meta']) ? resource['meta'] : {}) }
    for (const name of ['profile', 'security', 'tag'] as const) {
      if (after[name].length === 0) delete meta[name]
      else meta[name] = after[name]
    }
    const body = stringifyResource({ ...resource, id: key.id, meta })
    const written = await update(systems, request, { ...key, version: found.version.version }, body)
    if (!isRefusal(written)) return after
    if (written.refusal !== 'precondition-failed' || attempt >= attemptsMax) return written
  }
}

const copyOf = ({ profile, tag, security }: Labels): Labels => ({ profile: [...profile], tag: [...tag], security: [...security] })
const sizeOf = ({ profile, tag, security }: Labels): number => profile.length + tag.length + security.length

function resourceOf({ content }: StoredVersion): Resource {
  const parsed = content === null ? null : parseJson(content.toString())
  if (parsed === null || parsed.problem !== undefined) throw new Error('a stored version that cannot be read')
  return parsed.resource as Resource
}

// Stored bytes begin with the meta; most have none, and need not be read to their end for it.
const emptyMeta = /^\{"resourceType":"[A-Za-z]+","id":"[A-Za-z0-9.-]+","meta":\{\}/
function labelsIn(version: StoredVersion): Labels {
  const head = version.content?.subarray(0, 160).toString('latin1') ?? ''
  return version.content === null || emptyMeta.test(head) ? noLabels() : labelsOfResource(resourceOf(version))
}

const labelsOfResource = (resource: Resource): Labels => labelsFrom(resource['meta'])

/** The labels of a Meta; what is not one is passed over. */
export function labelsFrom(meta: unknown): Labels {
  const { profile, tag, security } = isObject(meta) ? meta : {}
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
  return {
    profile: list(profile).filter((each): each is string => typeof each === 'string'),
    tag: list(tag).filter(isObject),
    security: list(security).filter(isObject),
  }
}

// By DSTU2 a label is known by system and code, a profile by its address.
const nameOf = (label: JsonObject): string => JSON.stringify([label['system'] ?? null, label['code'] ?? null])

function add(labels: Labels, more: Labels): Labels {
  for (const profile of more.profile) if (!labels.profile.includes(profile)) labels.profile.push(profile)
  for (const kind of ['tag', 'security'] as const) {
    const known = new Set(labels[kind].map(nameOf))
    for (const label of more[kind]) if (!known.has(nameOf(label)) && known.add(nameOf(label))) labels[kind].push(label)
  }
  return labels
}

function without(labels: Labels, less: Labels): Labels {
  const drop = (kind: 'tag' | 'security'): JsonObject[] => {
    const names = new Set(less[kind].map(nameOf))
    return labels[kind].filter((label) => !names.has(nameOf(label)))
  }
  return { profile: labels.profile.filter((each) => !less.profile.includes(each)), tag: drop('tag'), security: drop('security') }
}
