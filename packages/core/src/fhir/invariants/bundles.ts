import type { JsonObject } from '../resource.js'
import { any, atLeastOne, each, given, is, not, some } from './conditions.js'
import type { Holds } from './conditions.js'
import type { Translations } from './translation.js'

const versionIdOf = (entry: JsonObject): unknown =>
  each(entry, 'resource').flatMap((resource) => each(resource, 'meta').map((meta) => meta['versionId']))[0]

function fullUrlsAreUnique(bundle: JsonObject): boolean {
  const seen = new Set<string>()
  return each(bundle, 'entry').every((entry) => {
    if (entry['resource'] === undefined || typeof entry['fullUrl'] !== 'string') return true
    const name = JSON.stringify([entry['fullUrl'], versionIdOf(entry) ?? null])
    return seen.size !== seen.add(name).size
  })
}

// A value of either kind, a resource, or parts: one of them.
const oneContent: Holds = (parameter) => {
  let values = 0
  for (const key in parameter) if (/^value[A-Z]/.test(key)) values++
  const kinds = [values > 0 || Object.keys(parameter).some((key) => /^_value[A-Z]/.test(key)), parameter['resource'] !== undefined]
  const told = kinds.filter(Boolean).length
  return told === 1 || (told === 0 && parameter['part'] !== undefined)
}
const misnamed =
  'The XPath asks for an element `value`, while it is value[x], and so would refuse every value; parts are content too, says the text of Parameters.'

/** What holds other resources. */
export const bundleInvariants: Translations = {
  'Bundle bdl-1': { holds: any(not(given('total')), is('type', 'searchset', 'history')) },
  'Bundle bdl-2': { holds: any(not(some('entry', given('search'))), is('type', 'searchset')) },
  'Bundle bdl-3': { holds: any(not(some('entry', given('request'))), is('type', 'batch', 'transaction', 'history')) },
  'Bundle bdl-4': { holds: any(not(some('entry', given('response'))), is('type', 'batch-response', 'transaction-response')) },
  'Bundle bdl-7': { holds: fullUrlsAreUnique },
  'Bundle.entry bdl-5': { holds: atLeastOne('resource', 'request', 'response') },
  'Bundle.entry bdl-6': {
    holds: (entry, within) => given('fullUrl')(entry, within) === given('resource')(entry, within),
  },
  'Parameters.parameter inv-1': { holds: oneContent, reading: misnamed },
  'Parameters.parameter.part inv-2': { holds: oneContent, reading: misnamed },
}
