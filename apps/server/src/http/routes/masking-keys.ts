import type { FastifyInstance, FastifyRequest } from 'fastify'
import { reachesStudy } from '@aquifer/core/access'
import {
  endpoints,
  keyEscrowRequest,
  keyRestoreRequest,
  keyRotationRequest,
  keyShareRequest,
  reidentificationDecision,
  reidentificationRequest,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { MaskingKeys } from '../../privacy/index.js'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studiesAsked } from './masking.js'
import { studyNamed } from './study.js'

const notHere = (): Refusal => refuse('not-ready', { detail: 'The keys of pseudonyms are not in this process.' })
const noSuch = (): Refusal => refuse('unknown', { detail: 'There is no such thing within your reach.' })
const listMax = 1_000

/** The study that a body names, within reach, and the keys where they are. */
async function studyWithKeys(
  systems: RoutedSystems,
  request: FastifyRequest,
  id: string | undefined,
): Promise<{ study: Study; keys: MaskingKeys } | Refusal> {
  const study = await studyNamed(systems, request, id)
  if (isRefusal(study)) return study
  if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
  factsOf(request).sid = study.sid
  return systems.keys === null ? notHere() : { study, keys: systems.keys }
}

const callOf = (request: FastifyRequest) => ({ grant: grantOf(request), facts: factsOf(request) })

/** What is stored under the id in the address, with its study. */
async function storedAt<Row extends { sid: number }>(
  systems: RoutedSystems,
  request: FastifyRequest,
  find: (keys: MaskingKeys, id: string) => Promise<Row | null>,
): Promise<{ row: Row; study: Study; keys: MaskingKeys } | Refusal> {
  const { keys } = systems
  if (keys === null) return notHere()
  const row = await find(keys, paramOf(request, 'id'))
  const study = row === null ? null : await systems.studies.bySid(row.sid)
  if (row === null || study === null || !reachesStudy(grantOf(request), study.id)) return noSuch()
  factsOf(request).sid = study.sid
  factsOf(request).detail['id'] = paramOf(request, 'id')
  return { row, study, keys }
}

/** Whoever found a session open does nothing of this; a service token has nothing to show, and what it is refused for is said later. */
async function provenAgain(
  systems: RoutedSystems,
  request: FastifyRequest,
  proof: { password?: string | undefined; ticket?: string | undefined },
) {
  const { user } = grantOf(request)
  return user.startsWith('local:') ? null : systems.identity.confirmations.confirm(user, proof)
}

export function maskingKeyRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  keyRoutes(app, systems)
  escrowRoutes(app, systems)
  reidentificationRoutes(app, systems)
}

function keyRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.maskingKeys, {
    act: 'masking',
    right: 'masking.read',
    handler: async (request) => {
      const asked = await studyWithKeys(systems, request, queryOf(request)['study'])
      return isRefusal(asked) ? asked : { body: await asked.keys.list(asked.study) }
    },
  })
  bind(app, endpoints.rotateMaskingKey, {
    act: 'masking',
    right: 'masking.keys',
    handler: async (request) => {
      const body = bodyAs(request, keyRotationRequest)
      const asked = isRefusal(body) ? body : await studyWithKeys(systems, request, body.study)
      if (isRefusal(body) || isRefusal(asked)) return isRefusal(body) ? body : (asked as Refusal)
      await asked.keys.rotate(factsOf(request), asked.study, body.reason)
      return { body: await asked.keys.list(asked.study) }
    },
  })
}

function escrowRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.escrowMaskingKey, {
    act: 'masking',
    right: 'masking.keys',
    handler: async (request) => {
      const body = bodyAs(request, keyEscrowRequest)
      const asked = isRefusal(body) ? body : await studyWithKeys(systems, request, body.study)
      if (isRefusal(body) || isRefusal(asked)) return isRefusal(body) ? body : (asked as Refusal)
      const made = await asked.keys.escrows.make(grantOf(request), asked.study, body)
      if (isRefusal(made)) return made
      const holders = body.holders.join(' ').slice(0, 500)
      const told = { did: 'escrow-key', id: made.id, key: made.key, fingerprint: made.fingerprint, needed: made.needed, holders }
      Object.assign(factsOf(request).detail, { ...told, why: body.reason })
      return { body: made }
    },
  })
  bind(app, endpoints.fetchKeyShare, {
    act: 'masking',
    right: 'masking.share',
    handler: async (request) => {
      const body = bodyAs(request, keyShareRequest)
      const again = isRefusal(body) ? body : await provenAgain(systems, request, body)
      const found = isRefusal(again) ? again : await storedAt(systems, request, (keys, id) => keys.escrows.byId(id))
      if (isRefusal(found)) return found
      factsOf(request).detail['did'] = 'fetch-share'
      const share = await found.keys.escrows.fetch(grantOf(request), found.row)
      return isRefusal(share) ? share : { body: share }
    },
  })
  bind(app, endpoints.restoreMaskingKey, {
    act: 'masking',
    right: 'masking.keys',
    handler: async (request) => {
      const body = bodyAs(request, keyRestoreRequest)
      const found = isRefusal(body) ? body : await storedAt(systems, request, (keys, id) => keys.escrows.byId(id))
      if (isRefusal(body) || isRefusal(found)) return isRefusal(body) ? body : (found as Refusal)
      Object.assign(factsOf(request).detail, { did: 'restore-key', key: found.row.keyId, why: body.reason })
      const restored = await found.keys.escrows.restore(found.row, found.study, body)
      if (isRefusal(restored)) return restored
      Object.assign(factsOf(request).detail, { present: restored.present, used: restored.used })
      return { body: restored }
    },
  })
}

function reidentificationRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  bind(app, endpoints.reidentifications, {
    act: 'reidentify',
    right: 'reidentify.read',
    handler: async (request) => {
      const limit = wholeNumber(queryOf(request)['limit'], { min: 1, max: listMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${listMax}.`, parameter: 'limit' })
      const studies = await studiesAsked(systems, request)
      if (isRefusal(studies)) return studies
      return systems.keys === null ? notHere() : { body: { requests: await systems.keys.reidentifications.list(studies, limit) } }
    },
  })
  bind(app, endpoints.requestReidentification, {
    act: 'reidentify',
    right: 'reidentify.request',
    handler: async (request) => {
      const body = bodyAs(request, reidentificationRequest)
      const asked = isRefusal(body) ? body : await studyWithKeys(systems, request, body.study)
      if (isRefusal(body) || isRefusal(asked)) return isRefusal(body) ? body : (asked as Refusal)
      const made = await asked.keys.reidentifications.request(callOf(request), asked.study, body)
      return isRefusal(made) ? made : { body: made }
    },
  })
  bind(app, endpoints.decideReidentification, {
    act: 'reidentify',
    right: 'reidentify.decide',
    handler: async (request) => {
      const body = bodyAs(request, reidentificationDecision)
      if (isRefusal(body)) return body
      const again = await provenAgain(systems, request, body)
      const found = isRefusal(again) ? again : await storedAt(systems, request, (keys, id) => keys.reidentifications.byId(id))
      if (isRefusal(found)) return found
      const { row, study, keys } = found
      const said = { study, approve: body.approve, note: body.note ?? null }
      factsOf(request).detail['did'] = body.approve ? 'approve' : 'deny'
      const decided = await keys.reidentifications.decide(callOf(request), row, said)
      return isRefusal(decided) ? decided : { body: decided }
    },
  })
  bind(app, endpoints.answerReidentification, {
    act: 'reidentify',
    right: 'reidentify.request',
    handler: async (request) => {
      const found = await storedAt(systems, request, (keys, id) => keys.reidentifications.byId(id))
      if (isRefusal(found)) return found
      Object.assign(factsOf(request).detail, { did: 'answer', purpose: found.row.reason, approvedBy: found.row.decidedBy })
      const answered = await found.keys.reidentifications.answer(callOf(request), found.row, found.study)
      return isRefusal(answered) ? answered : { body: answered }
    },
  })
}
