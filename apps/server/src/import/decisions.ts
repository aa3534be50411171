import type { DecisionsRequest, DecisionsResult } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { dayAt } from '@aquifer/core/time'
import { auditRecord } from '../audit/index.js'
import { scopeOf, type FhirRequest, type FhirSystems } from '../fhir/index.js'
import { recordOnFile } from './on-file.js'

/** Consent collected elsewhere, recorded for named people without any data of theirs. */
export async function recordDecisions(
  systems: FhirSystems,
  request: FhirRequest,
  body: DecisionsRequest,
): Promise<DecisionsResult | Refusal> {
  const { grant, facts } = request
  const scope = await scopeOf(systems.studies, grant, request.asked)
  if (isRefusal(scope)) return scope
  facts.detail['evidence'] = body.evidence
  facts.people.push(...body.patients)
  const now = systems.now()
  const auditId = await systems.repository.nextAuditId()
  const types = body.types === undefined ? {} : { types: body.types }
  const outcome = await systems.repository.transact(async (tx) => {
    const recorded = await recordOnFile(tx, {
      scope,
      grant,
      patients: body.patients,
      from: body.from ?? dayAt(now, scope.study.zone),
      now,
      newId: systems.newId,
      auditId,
      ...types,
    })
    if (!isRefusal(recorded))
      await tx.audit([auditRecord({ ...facts, detail: { ...facts.detail, recorded: recorded.recorded } }, auditId, 200)])
    return recorded
  })
  if (!isRefusal(outcome)) facts.recorded = true
  return outcome
}
