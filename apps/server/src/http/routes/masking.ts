import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse, reachesStudy } from '@aquifer/core/access'
import {
  endpoints,
  maskingPolicyComparison,
  maskingPolicyProposal,
  maskingPolicyRejection,
  maskingPolicySigning,
  maskingPolicyText,
  maskingTraceRequest,
  type MaskingTraceRequest,
} from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { checkText, diffOf, policySaid, traceOf } from '../../privacy/index.js'
import type { MaskingPolicyRow } from '../../repository/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { callerOf, factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

export function maskingRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  readingRoutes(app, systems)
  decidingRoutes(app, systems)
  tryingRoutes(app, systems)
}

const noSuchPolicy = (): Refusal => refuse('unknown', { detail: 'There is no such masking policy.' })

/** The studies a list is about: the named one, or all that the caller reaches. */
export async function studiesAsked(systems: RoutedSystems, request: FastifyRequest): Promise<readonly Study[] | Refusal> {
  const study = await studyNamed(systems, request, queryOf(request)['study'])
  if (isRefusal(study)) return study
  if (study !== null) factsOf(request).sid = study.sid
  return study === null ? (await systems.studies.list()).filter(({ id }) => reachesStudy(grantOf(request), id)) : [study]
}

/** A stored version with its study; one of a study out of reach is not there. */
export async function policyAt(
  systems: RoutedSystems,
  request: FastifyRequest,
  id: string,
): Promise<{ row: MaskingPolicyRow; study: Study } | Refusal> {
  const row = await systems.policies.byId(id)
  const study = row === null ? null : await systems.studies.bySid(row.sid)
  if (row === null || study === null || !reachesStudy(grantOf(request), study.id)) return noSuchPolicy()
  factsOf(request).sid = study.sid
  Object.assign(factsOf(request).detail, { policy: `${row.name} v${row.version}`, policyId: row.id })
  return { row, study }
}
const policyInPath = (systems: RoutedSystems, request: FastifyRequest) => policyAt(systems, request, paramOf(request, 'id'))

function readingRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.maskingPolicies, {
    act: 'masking',
    right: 'masking.read',
    handler: async (request) => {
      const studies = await studiesAsked(systems, request)
      return isRefusal(studies) ? studies : { body: await systems.policies.list(studies) }
    },
  })
  bind(app, endpoints.maskingPolicy, {
    act: 'masking',
    right: 'masking.read',
    handler: async (request) => {
      const found = await policyInPath(systems, request)
      return isRefusal(found) ? found : { body: await systems.policies.whole(found.row, found.study) }
    },
  })
  bind(app, endpoints.maskingProgress, {
    act: 'masking',
    right: 'masking.read',
    unaudited: true,
    handler: async (request) => {
      const studies = await studiesAsked(systems, request)
      if (isRefusal(studies)) return studies
      const told = []
      for (const study of studies) {
        const progress = await systems.maskingProgress(study)
        if (progress === null) return refuse('not-ready', { detail: 'The pipeline does not run in this process.' })
        told.push(progress)
      }
      return { body: { studies: told } }
    },
  })
}

function decidingRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.proposeMaskingPolicy, {
    act: 'masking',
    right: 'masking.propose',
    handler: async (request) => {
      const body = bodyAs(request, maskingPolicyProposal)
      if (isRefusal(body)) return body
      const study = await studyNamed(systems, request, body.study)
      if (study === null || isRefusal(study)) return study ?? noSuchPolicy()
      factsOf(request).sid = study.sid
      const proposed = await systems.policies.propose(grantOf(request), study, body)
      if (isRefusal(proposed)) return proposed
      Object.assign(factsOf(request).detail, { did: 'propose', policy: proposed.label, policyId: proposed.id, sha256: proposed.sha256 })
      return { body: proposed }
    },
  })
  bind(app, endpoints.rejectMaskingPolicy, {
    act: 'masking',
    right: 'masking.sign',
    handler: async (request) => {
      const body = bodyAs(request, maskingPolicyRejection)
      const found = isRefusal(body) ? body : await policyInPath(systems, request)
      if (isRefusal(body) || isRefusal(found)) return isRefusal(body) ? body : (found as Refusal)
      const rejected = await systems.policies.reject(grantOf(request), found.row, { study: found.study, reason: body.reason })
      factsOf(request).detail['did'] = 'reject'
      return isRefusal(rejected) ? rejected : { body: rejected }
    },
  })
  bind(app, endpoints.signMaskingPolicy, {
    act: 'sign',
    right: 'masking.sign',
    handler: async (request) => {
      const body = bodyAs(request, maskingPolicySigning)
      if (isRefusal(body)) return body
      const { grant, name } = callerOf(request)
      // The proof before the subject; a service token has none, and that it cannot sign is said by the policies.
      const again = grant.user.startsWith('local:') ? null : await systems.identity.confirmations.confirm(grant.user, body)
      const found = isRefusal(again) ? again : await policyInPath(systems, request)
      if (isRefusal(found)) return found
      const by = { grant, name, meaning: body.meaning, facts: factsOf(request) }
      const signed = await systems.policies.sign(by, found.row, found.study)
      return isRefusal(signed) ? signed : { body: signed }
    },
  })
}

type PolicySaid = MaskingTraceRequest['policy']
async function policyOf(systems: RoutedSystems, request: FastifyRequest, said: PolicySaid): Promise<Policy | Refusal> {
  if (!('id' in said)) return policySaid(said)
  const found = mayUse(grantOf(request), 'masking.read') ? await policyAt(systems, request, said.id) : noSuchPolicy()
  return isRefusal(found) ? found : (found.row.document as Policy)
}

function tryingRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.checkMaskingPolicy, {
    act: 'masking',
    right: 'masking.read',
    handler: (request) => {
      const body = bodyAs(request, maskingPolicyText)
      return Promise.resolve(isRefusal(body) ? body : { body: checkText(body.text) })
    },
  })
  bind(app, endpoints.diffMaskingPolicies, {
    act: 'masking',
    right: 'masking.read',
    handler: async (request) => {
      const body = bodyAs(request, maskingPolicyComparison)
      if (isRefusal(body)) return body
      const [before, after] = [await policyOf(systems, request, body.before), await policyOf(systems, request, body.after)]
      if (isRefusal(before)) return before
      return isRefusal(after) ? after : { body: diffOf(before, after) }
    },
  })
  bind(app, endpoints.traceMaskingPolicy, {
    act: 'masking',
    right: ['masking.read', 'masking.trace'],
    handler: async (request) => {
      const body = bodyAs(request, maskingTraceRequest)
      if (isRefusal(body)) return body
      const isOwn = body.resource !== undefined
      const grant = grantOf(request)
      if (!mayUse(grant, isOwn ? 'masking.trace' : 'masking.read'))
        return refuse('not-permitted', {
          detail: `The role ${grant.role} traces ${isOwn ? 'made examples' : 'resources of its own'} only.`,
        })
      const policy = await policyOf(systems, request, body.policy)
      if (isRefusal(policy)) return policy
      Object.assign(factsOf(request).detail, { did: 'trace', of: isOwn ? 'sent' : 'example' })
      const traced = traceOf(policy, body, new Date(systems.now()).getUTCFullYear())
      return isRefusal(traced) ? traced : { body: traced }
    },
  })
}
