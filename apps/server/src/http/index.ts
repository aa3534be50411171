// The HTTP edge: addresses, tokens, bodies, limits, and the one place where refusals become statuses.
// Never reaches a store and never decides: systems do, and answer with values.
import type { FastifyInstance } from 'fastify'
import { accessRoutes } from './routes/access.js'
import { auditRoutes } from './routes/audit.js'
import { consentRoutes } from './routes/consent.js'
import { feedRoutes } from './routes/feeds.js'
import { fhirRoutes } from './routes/fhir.js'
import { fileRoutes } from './routes/files.js'
import { displayRoutes, heldRoutes } from './routes/held.js'
import { identityRoutes } from './routes/identity.js'
import { jobRoutes } from './routes/jobs.js'
import { maskingKeyRoutes } from './routes/masking-keys.js'
import { maskingRoutes } from './routes/masking.js'
import { oidcRoutes } from './routes/oidc.js'
import { operationsRoutes } from './routes/operations.js'
import { peopleRoutes } from './routes/people.js'
import { consentPeopleRoutes, participantRoutes } from './routes/participants.js'
import { pipelineRoutes } from './routes/pipeline.js'
import { storeRoutes } from './routes/stores.js'
import { qualityRoutes } from './routes/quality.js'
import { queryRoutes } from './routes/query.js'
import { resultRoutes } from './routes/results.js'
import { savedQueryRoutes } from './routes/saved-queries.js'
import { registrationRoutes } from './routes/registration.js'
import { cutRoutes } from './routes/cuts.js'
import { leakRoutes } from './routes/leaks.js'
import { cohortRoutes } from './routes/cohorts.js'
import { riskRoutes } from './routes/risk.js'
import { statisticsRoutes } from './routes/statistics.js'
import { catalogueRoutes } from './routes/catalogue.js'
import { codeListRoutes } from './routes/code-lists.js'
import { viewRoutes } from './routes/views.js'
import { studyFileRoutes, studyRoutes } from './routes/study.js'
import { withdrawalRoutes } from './routes/withdrawals.js'
import { workbenchRoutes } from './routes/workbench.js'
import { openServer, type ServerParts } from './server.js'
import type { RoutedSystems } from './systems.js'

export type { DisplayDoor, HeldDoor, PipelineDoor, Health, RoutedSystems } from './systems.js'
export { openStreams, type OpenStreams } from './open-streams.js'
export type { ServerParts, ServerTls } from './server.js'
export { isLoopback } from './hosts.js'

export function openHttp(parts: ServerParts, systems: RoutedSystems): FastifyInstance {
  const app = openServer(parts)
  fhirRoutes(app, systems)
  identityRoutes(app, systems)
  accessRoutes(app, systems)
  peopleRoutes(app, systems)
  oidcRoutes(app, systems)
  studyRoutes(app, systems)
  studyFileRoutes(app, systems)
  consentRoutes(app, systems)
  withdrawalRoutes(app, systems)
  participantRoutes(app, systems)
  consentPeopleRoutes(app, systems)
  registrationRoutes(app, systems)
  jobRoutes(app, systems)
  pipelineRoutes(app, systems)
  storeRoutes(app, systems)
  feedRoutes(app, systems)
  leakRoutes(app, systems)
  cutRoutes(app, systems)
  qualityRoutes(app, systems)
  maskingRoutes(app, systems)
  maskingKeyRoutes(app, systems)
  heldRoutes(app, systems)
  displayRoutes(app, systems)
  if (systems.queries !== null) {
    const queries = { ...systems.queries, studies: systems.studies }
    catalogueRoutes(app, systems, systems.queries.profiles)
    queryRoutes(app, queries)
    resultRoutes(app, queries)
    savedQueryRoutes(app, queries, systems.jobs)
    statisticsRoutes(app, queries)
  }
  if (systems.risk !== null) riskRoutes(app, systems, systems.risk)
  if (systems.views !== null) viewRoutes(app, systems, systems.views)
  if (systems.cohorts !== null && systems.queries !== null) cohortRoutes(app, systems, { cohorts: systems.cohorts, ...systems.queries })
  fileRoutes(app, systems)
  if (systems.codeLists !== null && systems.queries !== null) codeListRoutes(app, systems, { lists: systems.codeLists, ...systems.queries })
  auditRoutes(app, systems)
  operationsRoutes(app, systems)
  workbenchRoutes(app, systems.workbenchDir)
  return app
}
