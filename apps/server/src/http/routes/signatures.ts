import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sitesReached } from '@aquifer/core/access'
import { endpoints, signatureRequest, type SignatureRequest, type SignatureView } from '@aquifer/core/contract'
import { parseReference } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../../access/index.js'
import { hashOf, hashOfJob, type SignedSubject } from '../../audit/index.js'
import { vread } from '../../fhir/index.js'
import { bind, bodyAs, queryOf, wholeNumber } from '../bind.js'
import { callerOf, factsOf, grantOf } from '../context.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const pageMax = 500

export function signatureRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.sign, {
    act: 'sign',
    right: 'signature.make',
    handler: async (request) => {
      const body = bodyAs(request, signatureRequest)
      if (isRefusal(body)) return body
      const { grant, name } = callerOf(request)
      if (grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A signature is a person’s: a service account has no password to confirm.' })
      const facts = factsOf(request)
      facts.detail = { ...facts.detail, meaning: body.meaning, subject: body.subject.kind }
      const study = await studyNamed(systems, request, body.study)
      if (isRefusal(study)) return study
      facts.sid = study?.sid ?? null
      // The proof before the subject: whoever found a session open learns nothing more from it.
      const confirmed = await systems.identity.confirmations.confirm(grant.user, body)
      if (isRefusal(confirmed)) return confirmed
      const subject = await subjectOf(systems, request, body)
      if (isRefusal(subject)) return subject
      const signed = await systems.signatures.sign({ grant, name }, { meaning: body.meaning, subject, sid: facts.sid })
      facts.detail['signature'] = signed.id
      return { body: signed }
    },
  })
  bind(app, endpoints.signatures, {
    act: 'audit',
    right: 'signature.read',
    handler: async (request) => {
      const { study: studyId, kind, subject, limit: asked } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const study = await studyNamed(systems, request, studyId)
      if (isRefusal(study)) return study
      const named = kind === undefined || subject === undefined ? null : { kind, id: subject }
      const signatures: SignatureView[] = []
      for (const each of await systems.signatures.list(grantOf(request), { sid: study?.sid ?? null, subject: named, limit }))
        if (await mayBeTold(systems, request, each)) signatures.push(each)
      return { body: { signatures } }
    },
  })
}

/** A signature names what was signed, and that may be a person's: who reads such resources is told of those that he may read. */
async function mayBeTold(systems: RoutedSystems, request: FastifyRequest, { subject, study }: SignatureView): Promise<boolean> {
  const reference = subject.kind === 'resource' ? parseReference(subject.id) : null
  if (reference?.kind !== 'relative') return true
  const { type, id, version } = reference
  const grant = grantOf(request)
  // Who keeps the study's records without reading them answers for whole studies or for sites.
  if (mayTouchType(grant, 'read', type) !== null) return study === null || sitesReached(grant, study) === null
  const asked = fhirRequestOf(request)
  const scope = { studies: study === null ? [] : [study], sites: [] }
  // Only looked at, so it is not told as read.
  const facts = { ...asked.facts, entries: [], detail: {} }
  return !isRefusal(await vread(systems.fhir, { ...asked, asked: scope, facts }, { type, id, version: Number(version) }))
}

/** What is to be signed, as the signer himself may see it. */
async function subjectOf(
  systems: RoutedSystems,
  request: FastifyRequest,
  { subject, study }: SignatureRequest,
): Promise<SignedSubject | Refusal> {
  if (subject.kind === 'document') return { kind: 'document', id: subject.id, hash: Buffer.from(subject.sha256, 'hex') }
  if (subject.kind === 'job') {
    const job = await systems.jobs.see(grantOf(request), subject.id)
    if (isRefusal(job)) return job
    if (job.state !== 'done') return refuse('business-rule', { detail: 'Only the result of a finished job can be signed.' })
    return { kind: 'job', id: job.id, hash: hashOfJob(job) }
  }
  const asked = fhirRequestOf(request)
  const studies = study === undefined ? asked.asked.studies : [...asked.asked.studies, study]
  const found = await vread(systems.fhir, { ...asked, asked: { ...asked.asked, studies } }, subject)
  if (isRefusal(found)) return found
  const { type, id, version, content } = found.version
  if (content === null) return refuse('deleted', { detail: 'A deleted version cannot be signed.', version })
  return { kind: 'resource', id: `${type}/${id}/_history/${version}`, hash: hashOf(content) }
}
