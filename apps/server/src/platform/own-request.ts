import type { Grant } from '@aquifer/core/access'
import type { FhirRequest } from '../fhir/index.js'
import type { ImportSystems } from '../import/index.js'

/** A request that the platform makes of its own systems, in the name of one of its commands. */
export const requestOf = (command: string, grant: Grant, at: number, asked: FhirRequest['asked']): FhirRequest => ({
  grant,
  asked,
  base: '',
  strict: false,
  facts: {
    at,
    correlationId: command,
    route: command,
    reason: null,
    actor: grant.user,
    role: grant.role,
    act: 'import',
    sid: null,
    refusal: null,
    source: null,
    external: null,
    people: [],
    detail: {},
    entries: [],
    recorded: false,
  },
})

/** For loads in many small parts: as jobs they would bury those of users. */
export const noJobs: ImportSystems['jobs'] = {
  start: () =>
    Promise.resolve({
      id: 'own',
      request: {},
      cancelled: false,
      stopping: false,
      progress: () => undefined,
      finish: () => Promise.resolve(),
      letGo: () => Promise.resolve(),
    }),
  queue: () => Promise.reject(new Error('nothing is queued here')),
  take: () => Promise.resolve(null),
  endOrphans: () => Promise.resolve(0),
}
