import type { Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { batch } from './batch.js'
import { readBundle } from './elsewhere.js'
import { entriesIn, type BundleEntry, type EntryAct } from './entries.js'
import type { EntryResult } from './results.js'
import { transaction } from './transaction.js'

type Processed = { type: 'transaction' | 'batch'; results: EntryResult[] }

export async function processBundle(systems: FhirSystems, request: FhirRequest, text: string): Promise<Processed | Refusal> {
  const { bundle, elsewhere } = await readBundle(systems.threads, text)
  if (isRefusal(bundle)) return bundle
  try {
    return await processEntries(systems, { ...request, elsewhere }, bundle)
  } finally {
    elsewhere?.leave()
  }
}

async function processEntries(systems: FhirSystems, request: FhirRequest, bundle: Resource): Promise<Processed | Refusal> {
  if (bundle.resourceType !== 'Bundle') return refuse('invalid', { detail: 'This address takes a Bundle.' })
  const type = bundle['type']
  if (type !== 'transaction' && type !== 'batch')
    return refuse('invalid', { detail: 'Bundle.type is transaction or batch here; collections go to $import.' })
  request.facts.act = type
  const entries = entriesIn(bundle)
  if (isRefusal(entries)) return entries
  const leave = systems.queue.enter()
  if (isRefusal(leave)) return leave
  try {
    const results = type === 'transaction' ? await transaction(systems, request, entries) : await batch(systems, request, entries)
    return isRefusal(results) ? results : { type, results }
  } finally {
    leave()
  }
}

/** One write under a condition, outside any Bundle: a transaction of one, whose refusal speaks of the resource alone. */
export async function writeConditionally(
  systems: FhirSystems,
  request: FhirRequest,
  act: Exclude<EntryAct, { act: 'read' }>,
): Promise<EntryResult | Refusal> {
  const entry: BundleEntry = { place: 0, fullUrl: null, act }
  const results = await transaction(systems, request, [entry])
  if (isRefusal(results)) return alone(results)
  const [result] = results
  if (result === undefined) throw new Error('a transaction of one entry without a result')
  return result
}

const inBundle = /^Bundle\.entry\[0\](?:\.resource\.|: )?/
function alone(refusal: Refusal): Refusal {
  const detail = refusal.detail.replace(inBundle, '')
  if (!('issues' in refusal) || refusal.issues === undefined) return { ...refusal, detail }
  return { ...refusal, detail, issues: refusal.issues.map((issue) => ({ ...issue, path: issue.path.replace(inBundle, '') })) }
}
