import type { Grant } from '@aquifer/core/access'
import type { RequestFacts } from '../audit/index.js'
import type { Log, Metrics } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'
import type { Studies } from '../study/index.js'
import type { Elsewhere } from './bundle/elsewhere.js'
import type { Feeds } from './feeds.js'
import type { PageTokens } from './search/page-tokens.js'
import type { Threads } from './threads.js'
import type { WriteQueue } from './write-queue.js'

/** What the FHIR verbs work with; handed in once by the platform. */
export interface FhirSystems {
  repository: Repository
  studies: Studies
  queue: WriteQueue
  pages: PageTokens
  feeds: Pick<Feeds, 'arrived'>
  /** null: one thread does all */
  threads: Threads | null
  metrics: Metrics
  log: Log
  now: () => number
  newId: () => string
}

/** Study and site as a request names them, wherever it does. */
export interface AskedScope {
  studies: readonly string[]
  sites: readonly string[]
}

/** One request as the verbs see it: who asks, in which scope, under which address. */
export interface FhirRequest {
  grant: Grant
  facts: RequestFacts
  asked: AskedScope
  /** absolute address of the API, for Location and fullUrl */
  base: string
  /** refuse what would otherwise be mended by a named rule */
  strict: boolean
  /** where the resources of its Bundle are, when not here */
  elsewhere?: Elsewhere | null
  /** pass over search parameters that are not supported, and say so in the answer */
  lenient?: boolean
}
