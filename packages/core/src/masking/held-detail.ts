import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import type { Policy } from './policy.js'
import type { HoldReason } from './run.js'

const lengthMax = 200
// Letters of a vocabulary's address only: what could be an account, a query, a number of somebody or an escape is not shown.
const plainUrl = /^https?:\/\/[a-z0-9][a-z0-9.-]*(:\d{1,4})?(\/[\w.~-]+)*\/?$/i
const longNumber = /\d{5}/

/** An address that may be told as what holds a resource back; null for one that could hold something of a person. */
export function plainVocabularyUrl(url: string): string | null {
  return url.length <= lengthMax && plainUrl.test(url) && !longNumber.test(url) ? url : null
}

/** What a reason is about, where that can be told without telling of the resource: the address of an unknown modifierExtension. */
export function heldDetail(policy: Policy, resource: JsonObject, reason: HoldReason): string | null {
  if (reason !== 'unknown-modifier-extension') return null
  const urls = modifierUrls(resource)
  const listed = new Set(policy.modifierExtensions.map(({ url }) => url))
  const cause = urls.find((url) => !listed.has(url)) ?? urls[0]
  return cause === undefined ? null : plainVocabularyUrl(cause)
}

// A contained resource takes its container with it.
function modifierUrls(resource: JsonObject): string[] {
  const { modifierExtension, contained } = resource
  const own = itemsOf(modifierExtension).flatMap(({ url }) => (typeof url === 'string' ? [url] : []))
  return own.length > 0 ? own : itemsOf(contained).flatMap(modifierUrls)
}

const itemsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter((item) => isObject(item)) : [])
