import { canonicalJson, isId, isObject, rewriteReferences, type Repair, type Resource } from '@aquifer/core/fhir'
import { uuidOfUrn } from '@aquifer/core/id'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../access/index.js'
import { derivedId } from './derived-id.js'
import { isXml, notUtf8, type Line } from './lines.js'
import {
  checkResource,
  itemOf,
  openTurns,
  parseBody,
  parseXmlBody,
  refusedAsStrict,
  scopeWithin,
  withExtensions,
  type FhirRequest,
  type Item,
  type Scope,
  type SiteChoice,
} from '../fhir/index.js'

/** One line of an import, ready to be decided and stored as a whole. */
export interface Prepared {
  line: number
  site: SiteChoice
  items: Item[]
  repairs: Repair[]
}
/** Why a line cannot be stored, and how many resources that keeps out. */
export interface Unfit {
  line: number
  refusal: Refusal
  resources: number
  /** types that name nobody, for the list of refused writes */
  types: string[]
}

interface Entry {
  fullUrl: string | null
  resource: Resource
}

/** What a line says: JSON, or a document of XML. */
export async function documentOf({ text }: Line): Promise<Resource | Refusal> {
  if (text === notUtf8) return refuse('malformed-body', { detail: 'The line is not UTF-8.' })
  return isXml(text) ? parseXmlBody(text) : parseBody(text, 'several')
}

/** One line to a unit: repaired by the named rules, given ids, references resolved within it. */
export async function prepareLine(
  document: Resource | Refusal,
  line: number,
  scope: Scope,
  request: Pick<FhirRequest, 'asked' | 'grant' | 'strict'>,
  options: { mayWriteAll: boolean },
): Promise<Prepared | Unfit> {
  if (isRefusal(document)) return { line, refusal: document, resources: 1, types: [] }
  const entries = entriesOf(document)
  const unfit = (refusal: Refusal): Unfit => ({
    line,
    refusal,
    resources: isRefusal(entries) ? 1 : entries.length,
    types: isRefusal(entries) ? [] : entries.map((entry) => entry.resource.resourceType),
  })
  if (isRefusal(entries)) return unfit(entries)
  const said = entries.reduce((asked, { resource }) => withExtensions(asked, resource), request.asked)
  const within = scopeWithin(scope, request.grant, said)
  if (isRefusal(within)) return unfit(within)
  const repairs: Repair[] = []
  const turn = openTurns()
  for (const [place, { resource }] of entries.entries()) {
    await turn()
    const forbidden = options.mayWriteAll ? null : mayTouchType(request.grant, 'write', resource.resourceType)
    if (forbidden !== null) return unfit(forbidden)
    const checked = checkResource(resource, request.strict)
    if (isRefusal(checked)) return unfit(document.resourceType === 'Bundle' ? atEntry(checked, place) : checked)
    const strict = refusedAsStrict(scope.study, checked.repairs)
    if (strict !== null) return unfit(document.resourceType === 'Bundle' ? atEntry(strict, place) : strict)
    repairs.push(...checked.repairs)
  }
  const people = [...new Set(entries.filter((entry) => entry.resource.resourceType === 'Patient').map((entry) => idGiven(entry)))]
  const onlyPatient = people.length === 1 ? (people[0] ?? null) : null
  const ids = idsOf(entries, scope.study.id, onlyPatient ?? '')
  if (isRefusal(ids)) return unfit(ids)
  resolveReferences(entries, ids)
  const items: Item[] = []
  for (const [place, { resource }] of entries.entries()) {
    await turn()
    const id = ids[place] ?? ''
    const item = itemOf(resource, { study: scope.study, id, op: 'update', unchanged: 'skip', onlyPatient })
    if (isRefusal(item)) return unfit(item)
    items.push(item)
  }
  return { line, site: within.site, items, repairs }
}

function entriesOf(document: Resource): Entry[] | Refusal {
  if (document.resourceType !== 'Bundle') return [{ fullUrl: null, resource: document }]
  const list: unknown = document['entry'] ?? []
  if (!Array.isArray(list)) return refuse('invalid', { detail: 'Bundle.entry has to be a list.' })
  const entries: Entry[] = []
  for (const [place, entry] of (list as unknown[]).entries()) {
    const resource = isObject(entry) ? entry['resource'] : undefined
    if (!isObject(entry) || !isObject(resource) || typeof resource['resourceType'] !== 'string')
      return refuse('invalid', { detail: `Bundle.entry[${place}] holds no resource.` })
    entries.push({ fullUrl: typeof entry['fullUrl'] === 'string' ? entry['fullUrl'] : null, resource: resource as Resource })
  }
  return entries
}

function atEntry(refusal: Refusal, place: number): Refusal {
  if (refusal.refusal !== 'invalid' || refusal.issues === undefined) return refusal
  return { ...refusal, issues: refusal.issues.map((issue) => ({ ...issue, path: `Bundle.entry[${place}].resource: ${issue.path}` })) }
}

const idGiven = ({ fullUrl, resource }: Entry): string | null =>
  resource.id ?? (fullUrl === null ? null : (uuidOfUrn(fullUrl)?.toLowerCase() ?? lastPart(fullUrl)))

function lastPart(url: string): string | null {
  const part = url.slice(url.lastIndexOf('/') + 1)
  return /^https?:\/\//.test(url) && isId(part) ? part : null
}

/** Given ids stay; the others follow from the content, so that the same file gives the same ids again. */
function idsOf(entries: readonly Entry[], study: string, patient: string): string[] | Refusal {
  const seen = new Map<string, number>()
  const ids: string[] = []
  for (const entry of entries) {
    const given = idGiven(entry)
    if (given !== null && !isId(given)) return refuse('invalid', { detail: 'An id is 1 to 64 letters, digits, hyphens and dots.' })
    if (given !== null) {
      ids.push(given)
      continue
    }
    const content = canonicalJson(entry.resource)
    const ordinal = seen.get(content) ?? 0
    seen.set(content, ordinal + 1)
    ids.push(derivedId(study, patient, content, String(ordinal)))
  }
  return ids
}

function resolveReferences(entries: readonly Entry[], ids: readonly string[]): void {
  const places = new Map<string, string>()
  for (const [place, { fullUrl, resource }] of entries.entries()) {
    const name = `${resource.resourceType}/${ids[place] ?? ''}`
    if (fullUrl !== null) places.set(fullUrl, name)
    const urn = `urn:uuid:${ids[place] ?? ''}`
    if (!places.has(urn)) places.set(urn, name)
  }
  for (const { resource } of entries)
    if (resource.resourceType !== 'Bundle') rewriteReferences(resource, (reference) => places.get(reference) ?? reference)
}
