import { forEachReference, isObject, type Repair, type Resource } from '@aquifer/core/fhir'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { itemOf, type Item, type ItemOptions } from '../item.js'
import { parseBody } from '../parse.js'
import { bytesOff, type CarriedBytes } from '../threads.js'
import { checkEntry } from './plan.js'

/** What a thread is asked about a Bundle, one after the other. */
export type BundleJob =
  | { kind: 'read'; text: string }
  | { kind: 'check'; strict: boolean; targets: ReadonlyMap<string, string>; entries: EntryToCheck[]; untilRefused: boolean }
  | { kind: 'items'; entries: { place: number; options: ItemOptions }[] }
export interface EntryToCheck {
  place: number
  /** whether the id in the resource is the one it will have */
  keepsId: boolean
}

/** A Bundle as far as it is planned by: acts and scopes, and of its resources no more than their names. */
export interface Outline {
  /** null: it needs its whole resources where it is planned */
  bundle: Resource | Refusal | null
}
export type CheckedEntry = { repairs: Repair[]; extension?: unknown } | Refusal
export interface ReadyItems extends CarriedBytes {
  items: (Item | Refusal)[]
}

export interface BundleReader {
  answer(job: BundleJob): Promise<Outline | CheckedEntry[] | ReadyItems>
}

/** The pure part of a transaction or batch, as a thread does it. */
export function openBundleReader(): BundleReader {
  let entries: unknown[] = []
  const resourceAt = (place: number): Resource => (entries[place] as { resource: Resource }).resource
  return {
    async answer(job) {
      switch (job.kind) {
        case 'read': {
          const bundle = await parseBody(job.text, 'several')
          if (!isRefusal(bundle) && Array.isArray(bundle['entry'])) entries = bundle['entry']
          return { bundle: isRefusal(bundle) ? bundle : needsWhole(entries) ? null : outlineOf(bundle) }
        }
        case 'check': {
          const checked: CheckedEntry[] = []
          for (const entry of job.entries) {
            const resource = resourceAt(entry.place)
            const each = checkEntry(resource, entry, job)
            checked.push(isRefusal(each) ? each : { ...each, extension: sayings(resource['extension']) })
            if (isRefusal(each) && job.untilRefused) break
          }
          return checked
        }
        case 'items': {
          const items = job.entries.map(({ place, options }) => itemOf(resourceAt(place), options))
          return { ...bytesOff(items), items }
        }
      }
    },
  }
}

/** A Group may be a study, and conditions are met, and met again, on the resources themselves. */
const needsWhole = (entries: readonly unknown[]): boolean =>
  entries.some((entry) => {
    if (!isObject(entry)) return false
    const { request, resource } = entry
    const url = isObject(request) ? request['url'] : undefined
    if (isObject(request) && (request['ifNoneExist'] !== undefined || (request['method'] !== 'GET' && String(url).includes('?'))))
      return true
    if (!isObject(resource)) return false
    const isOddId = typeof resource['id'] === 'object' && resource['id'] !== null
    return isOddId || resource['resourceType'] === 'Group' || hasConditions(resource)
  })

function hasConditions(resource: Record<string, unknown>): boolean {
  let found = false
  forEachReference(resource, (text) => {
    found ||= text.includes('?')
  })
  return found
}

/** A value as it is judged where no element of it is looked at. */
const shallow = (value: unknown): unknown => (typeof value === 'object' && value !== null ? true : value)

function outlineOf(bundle: Resource): Resource {
  const { resourceType, type, entry } = bundle
  return {
    resourceType,
    type: shallow(type),
    ...(entry === undefined ? {} : { entry: Array.isArray(entry) ? entry.map(entryOf) : shallow(entry) }),
  }
}

function entryOf(entry: unknown): unknown {
  if (!isObject(entry)) return shallow(entry)
  const { fullUrl, request, resource } = entry
  const said = (of: unknown, names: readonly string[]): unknown =>
    isObject(of) ? Object.fromEntries(names.filter((name) => of[name] !== undefined).map((name) => [name, shallow(of[name])])) : shallow(of)
  const named = said(resource, ['resourceType', 'id'])
  return {
    fullUrl: shallow(fullUrl),
    request: said(request, ['method', 'url', 'ifMatch', 'ifNoneMatch', 'ifNoneExist']),
    resource: isObject(resource) ? { ...(named as object), extension: sayings(resource['extension']) } : named,
  }
}

/** Extensions that say of which study and site a resource is. */
const sayings = (extension: unknown): unknown =>
  Array.isArray(extension)
    ? extension
        .filter((each): each is Record<string, unknown> => isObject(each) && /^urn:aquifer:(study|site)-id$/.test(String(each['url'])))
        .map((each) => Object.fromEntries(Object.entries(each).map(([name, value]) => [name, shallow(value)])))
    : undefined
