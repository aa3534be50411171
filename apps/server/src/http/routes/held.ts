import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayUse } from '@aquifer/core/access'
import {
  displayDecisionsRequest,
  displayStates,
  endpoints,
  heldPreviewRequest,
  heldReleaseRequest,
  type DisplayDecisionsRequest,
  type DisplayDecisionsResult,
} from '@aquifer/core/contract'
import type { Policy } from '@aquifer/core/masking'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../../study/index.js'
import { bind, bodyAs, queryOf, wholeNumber } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { DisplayDoor, HeldDoor, RoutedSystems } from '../systems.js'
import { policyAt } from './masking.js'
import { studyNamed } from './study.js'

const notHere = (): Refusal => refuse('not-ready', { detail: 'Masking does not run in this process.' })
const nothingMasked = (): Refusal => refuse('unknown', { detail: 'Nothing of this study was masked yet.' })
const codesToldMax = 500
const pageMax = 1_000_000

/** The study a request must name. */
async function studyAsked(systems: RoutedSystems, request: FastifyRequest, id: string | undefined): Promise<Study | Refusal> {
  const study = await studyNamed(systems, request, id)
  if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
  if (!isRefusal(study)) factsOf(request).sid = study.sid
  return study
}

function pageOf(query: Record<string, string>, min: 0 | 1): number | Refusal {
  const page = wholeNumber(query['page'], { min, max: pageMax, otherwise: 1 })
  return page ?? refuse('bad-parameter', { detail: `page is a whole number from ${min} on.`, parameter: 'page' })
}

/** What is held back from masking. */
export function heldRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const door = (): HeldDoor | Refusal => systems.held ?? notHere()
  bind(app, endpoints.heldGroups, {
    act: 'masking',
    right: 'held.read',
    handler: async (request) => {
      const study = await studyAsked(systems, request, queryOf(request)['study'])
      if (isRefusal(study)) return study
      const held = door()
      return isRefusal(held) ? held : { body: await held.groups(study.id, { ids: mayUse(grantOf(request), 'held.act') }) }
    },
  })
  bind(app, endpoints.heldResources, {
    act: 'masking',
    right: 'held.act',
    handler: async (request) => {
      const query = queryOf(request)
      const study = await studyAsked(systems, request, query['study'])
      if (isRefusal(study)) return study
      const page = pageOf(query, 1)
      if (isRefusal(page)) return page
      const held = door()
      if (isRefusal(held)) return held
      const body = held.resources(study.id, query['cause'] ?? '', page)
      return body === null ? refuse('unknown', { detail: 'Nothing is held for this cause.' }) : { body }
    },
  })
  actingRoutes(app, systems, door)
}

function actingRoutes(app: FastifyInstance, systems: RoutedSystems, door: () => HeldDoor | Refusal): void {
  bind(app, endpoints.previewHeld, {
    act: 'masking',
    right: 'held.act',
    handler: async (request) => {
      const body = bodyAs(request, heldPreviewRequest)
      if (isRefusal(body)) return body
      const study = await studyAsked(systems, request, body.study)
      if (isRefusal(study)) return study
      const held = door()
      if (isRefusal(held)) return held
      const policy = typeof body.policy === 'string' ? body.policy : await storedPolicy(systems, request, body.policy.id)
      if (isRefusal(policy)) return policy
      const preview = await held.preview(study.id, policy)
      if (isRefusal(preview)) return preview
      const { policy: label, passes, stays } = preview
      Object.assign(factsOf(request).detail, { preview: label, passes, stays })
      return { body: preview }
    },
  })
  bind(app, endpoints.releaseHeld, {
    act: 'masking',
    right: 'held.act',
    handler: async (request) => {
      const body = bodyAs(request, heldReleaseRequest)
      if (isRefusal(body)) return body
      const study = await studyAsked(systems, request, body.study)
      if (isRefusal(study)) return study
      const held = door()
      if (isRefusal(held)) return held
      const released = await held.release(study.id)
      if (released === null) return nothingMasked()
      if (released === 'begun')
        return refuse('conflict', { detail: 'The study is being masked anew already; what passes is released by that.' })
      Object.assign(factsOf(request).detail, { release: body.reason, held: released.held, rows: released.rows })
      return { body: released }
    },
  })
}

/** A stored version as it was proposed; the trail names the study whose resources are tried. */
async function storedPolicy(systems: RoutedSystems, request: FastifyRequest, id: string): Promise<Policy | Refusal> {
  const { sid } = factsOf(request)
  const found = await policyAt(systems, request, id)
  factsOf(request).sid = sid
  return isRefusal(found) ? found : (found.row.document as Policy)
}

/** Texts of displays are identified content until they are approved: they go to who decides, and into no log. */
export function displayRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const door = (): DisplayDoor | Refusal => systems.displays ?? notHere()
  bind(app, endpoints.displays, {
    act: 'masking',
    right: 'displays.decide',
    handler: async (request) => {
      const query = queryOf(request)
      const study = await studyAsked(systems, request, query['study'])
      if (isRefusal(study)) return study
      const state = displayStates.find((each) => each === (query['state'] ?? 'pending'))
      if (state === undefined)
        return refuse('bad-parameter', { detail: `state is one of ${displayStates.join(', ')}.`, parameter: 'state' })
      const page = pageOf(query, 0)
      if (isRefusal(page)) return page
      const displays = door()
      return isRefusal(displays) ? displays : { body: displays.list(study.id, state, page) }
    },
  })
  bind(app, endpoints.decideDisplays, {
    act: 'masking',
    right: 'displays.decide',
    handler: async (request) => {
      const body = bodyAs(request, displayDecisionsRequest)
      if (isRefusal(body)) return body
      const study = await studyAsked(systems, request, body.study)
      if (isRefusal(study)) return study
      const displays = door()
      if (isRefusal(displays)) return displays
      const result = await displays.decide({ ...body, study: study.id }, grantOf(request).user)
      if (result === null) return nothingMasked()
      Object.assign(factsOf(request).detail, toldOf(body, result))
      return { body: result }
    },
  })
}

/** What the trail tells of decisions: how many, and of which codes; never a text. */
function toldOf({ decisions }: DisplayDecisionsRequest, { outcomes, recorded }: DisplayDecisionsResult): Record<string, unknown> {
  const made = decisions.filter((_, index) => outcomes[index] === 'recorded')
  const count = (decision: string): number => made.filter((each) => each.decision === decision).length
  const codes = [...new Set(made.map(({ system, code }) => `${system}|${code}`))].join(' ').slice(0, codesToldMax)
  return { displays: recorded, approved: count('approve'), rejected: count('reject'), undone: count('undo'), codes }
}
