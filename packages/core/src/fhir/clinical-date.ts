import { choiceName, resourceFacts } from './facts.js'
import { isGlobal, isReferenceData } from './resource-kinds.js'
import { isObject } from './resource.js'
import type { Resource } from './resource.js'

// When it happened, before when it was planned, before when it was written down: the first of these that a type has and a resource fills.
const candidates = [
  'effectiveDateTime',
  'effectivePeriod',
  'effectiveTimeDateTime',
  'effectiveTimePeriod',
  'performedDateTime',
  'performedPeriod',
  'onset',
  'onsetDateTime',
  'onsetPeriod',
  'collection.collectedDateTime',
  'collection.collectedPeriod',
  'whenHandedOver',
  'started',
  'start',
  'period',
  'applies',
  'whenUsed',
  'time',
  'date',
  'dateTime',
  'dateWritten',
  'authored',
  'scheduledDateTime',
  'scheduledPeriod',
  'timingDateTime',
  'timingPeriod',
  'startDate',
  'sent',
  'received',
  'whenPrepared',
  'event.dateTime',
  'recorded',
  'recordedDate',
  'recordedOn',
  'dateRecorded',
  'dateAsserted',
  'orderedOn',
  'requestedOn',
  'authoringTime',
  'issued',
  'created',
  'indexed',
  'timestamp',
  'planningHorizon',
  'statusDate',
].map((path) => path.split('.'))

const pathsByType = new Map<string, readonly string[][]>()

function pathsOf(type: string): readonly string[][] {
  let paths = pathsByType.get(type)
  if (!paths) {
    const names = new Set(
      (resourceFacts[type] ?? []).flatMap((fact) =>
        fact.choice ? fact.types.map((choice) => choiceName(fact.name, choice)) : [fact.name],
      ),
    )
    // People and reference data are placed by no date: a birth date or an expiry is not when something happened.
    paths = isGlobal(type) || isReferenceData(type) ? [] : candidates.filter((path) => names.has(path[0] ?? ''))
    pathsByType.set(type, paths)
  }
  return paths
}

/** The date that places a resource in a patient's course, as written; null where it has none. */
export function clinicalDate(resource: Resource): string | null {
  for (const path of pathsOf(resource.resourceType)) {
    const date = dateAt(resource, path, 0)
    if (date !== null) return date
  }
  return null
}

function dateAt(value: unknown, path: readonly string[], depth: number): string | null {
  const single: unknown = Array.isArray(value) ? value[0] : value
  const key = path[depth]
  if (key !== undefined) return isObject(single) ? dateAt(single[key], path, depth + 1) : null
  if (typeof single === 'string') return single
  if (!isObject(single)) return null
  const { start, end } = single
  return typeof start === 'string' ? start : typeof end === 'string' ? end : null
}
