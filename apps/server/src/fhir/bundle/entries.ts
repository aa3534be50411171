import { isId, isObject, isResourceType, parseReference, transportTypes, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'

export const bundleEntriesMax = 10_000

export type EntryAct =
  | { act: 'create'; type: string; resource: Resource; ifNoneExist: string | null }
  /** the target by its id, or the one that meets a condition */
  | ({ act: 'update'; type: string; version?: number; resource: Resource } & Target)
  | ({ act: 'delete'; type: string; version?: number } & Target)
  | { act: 'read'; url: string; ifNoneMatch: string | null }
type Target = { id: string; condition: null } | { id: null; condition: string }

export interface BundleEntry {
  /** position in the Bundle, in which order answers go */
  place: number
  fullUrl: string | null
  act: EntryAct
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** The entries of a transaction or batch, each as the act its request asks for, or why it cannot be. */
export function entriesIn(bundle: Resource): (BundleEntry | Refusal)[] | Refusal {
  const entries = bundle['entry'] ?? []
  if (!Array.isArray(entries)) return refuse('invalid', { detail: 'Bundle.entry is a list.' })
  if (entries.length > bundleEntriesMax) return refuse('too-large', { detail: `A Bundle has at most ${bundleEntriesMax} entries.` })
  return (entries as unknown[]).map((entry, place) => {
    if (!isObject(entry)) return wrong(place, 'an entry is an object')
    const act = actOf(entry, place)
    return isRefusal(act) ? act : { place, fullUrl: text(entry['fullUrl']), act }
  })
}

function wrong(place: number, message: string): Refusal<'invalid'> {
  return refuse('invalid', {
    detail: `Bundle.entry[${place}]: ${message}.`,
    issues: [{ severity: 'error', path: `Bundle.entry[${place}]`, code: 'invalid', message }],
  })
}

/** The version a weak ETag names: W/"3"; undefined when none is asked for, null when it is not one of ours (versions begin at 1). */
export function versionOfETag(etag: unknown): number | undefined | null {
  if (etag === undefined || etag === null) return undefined
  const match = typeof etag === 'string' ? /^(?:W\/)?"?([1-9]\d{0,8})"?$/.exec(etag.trim()) : null
  return match ? Number(match[1]) : null
}

function actOf(entry: Record<string, unknown>, place: number): EntryAct | Refusal {
  const request = isObject(entry['request']) ? entry['request'] : {}
  const method = text(request['method'])
  const url = text(request['url'])?.replace(/^\//, '') ?? null
  if (method === null || url === null) return wrong(place, 'request.method and request.url are needed')
  if (method === 'GET') return { act: 'read', url, ifNoneMatch: text(request['ifNoneMatch']) }
  if (method === 'POST') return creation(entry, place, url, text(request['ifNoneExist']))
  if (method !== 'PUT' && method !== 'DELETE') return wrong(place, 'request.method is GET, POST, PUT or DELETE')
  const target = targetIn(url)
  if (target === null) return wrong(place, 'request.url is Type/id, or Type?condition')
  const version = versionOfETag(request['ifMatch'])
  if (version === null) return wrong(place, 'request.ifMatch is W/"version"')
  const expected = version === undefined ? {} : { version }
  if (method === 'DELETE') return { act: 'delete', ...target, ...expected }
  const resource = resourceIn(entry, place, target.type)
  if (isRefusal(resource)) return resource
  if (target.id !== null && (resource.id !== target.id || !isId(target.id)))
    return wrong(place, 'the id in the resource is the id in request.url')
  return { act: 'update', ...target, resource, ...expected }
}

/** What a PUT or DELETE is for: Type/id, or Type?condition. */
function targetIn(url: string): ({ type: string } & Target) | null {
  const target = parseReference(url.replace('/?', '?'))
  if (target.kind === 'conditional') return { type: target.type, id: null, condition: target.query }
  return target.kind === 'relative' && target.version === undefined ? { type: target.type, id: target.id, condition: null } : null
}

function creation(entry: Record<string, unknown>, place: number, url: string, ifNoneExist: string | null): EntryAct | Refusal {
  if (!isResourceType(url)) return wrong(place, 'request.url of a POST is a resource type')
  const resource = resourceIn(entry, place, url)
  return isRefusal(resource) ? resource : { act: 'create', type: url, resource, ifNoneExist }
}

function resourceIn(entry: Record<string, unknown>, place: number, type: string): Resource | Refusal {
  const resource = entry['resource']
  if (!isObject(resource) || resource['resourceType'] !== type) return wrong(place, `resource is a ${type}`)
  if (transportTypes.has(type)) return refuse('not-supported', { detail: `Bundle.entry[${place}]: ${type} is not stored itself.` })
  return resource as Resource
}
