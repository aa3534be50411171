import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Right } from '@aquifer/core/access'
import {
  acceptance,
  careManagerAcceptance,
  endpoints,
  invitationCode,
  invitationRequest,
  invitedAccountRequest,
  patientRegistration,
  patientRemoval,
  practitionerRegistration,
  practitionerRemoval,
  relationshipRemoval,
  thirdPartyRegistration,
  type Endpoint,
} from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { invitationFilters } from '@aquifer/core/registration'
import type { FhirRequest } from '../../fhir/index.js'
import { bind, bodyAs, paramOf, queryOf, wholeNumber } from '../bind.js'
import { factsOf } from '../context.js'
import { fhirRequestOf, openRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import { ofStudy } from './study.js'

const act = 'registration'
const pageMax = 500
const rosterBytesMax = 1024 * 1024

export function registrationRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { registration } = systems
  function operation<Schema extends z.ZodType>(
    endpoint: Endpoint,
    right: Right,
    { body: schema, work }: { body: Schema; work: (request: FhirRequest, body: z.output<Schema>) => Promise<object | Refusal> },
  ): void {
    const handler = async (request: FastifyRequest) => {
      const body = bodyAs(request, schema)
      if (isRefusal(body)) return body
      const done = await work(fhirRequestOf(request), body)
      return isRefusal(done) ? done : { body: done }
    }
    bind(app, endpoint, { act, right, handler })
  }
  operation(endpoints.registerPatient, 'registration.patient', { body: patientRegistration, work: registration.registerPatient })
  operation(endpoints.registerPractitioner, 'registration.practitioner', {
    body: practitionerRegistration,
    work: registration.registerPractitioner,
  })
  operation(endpoints.registerThirdParty, 'registration.third-party', {
    body: thirdPartyRegistration,
    work: registration.registerThirdParty,
  })
  operation(endpoints.acceptCareManagerInvitation, 'registration.accept', {
    body: careManagerAcceptance,
    work: registration.acceptCareManagerInvitation,
  })
  operation(endpoints.removeRelationship, 'registration.relationship', { body: relationshipRemoval, work: registration.removeRelationship })
  operation(endpoints.removePatient, 'registration.remove-patient', { body: patientRemoval, work: registration.removePatient })
  operation(endpoints.removePractitioner, 'registration.remove-practitioner', {
    body: practitionerRemoval,
    work: registration.removePractitioner,
  })
  bind(app, endpoints.acceptPatientInvitation, {
    act,
    handler: async (request) => {
      const body = bodyAs(request, acceptance)
      if (isRefusal(body)) return body
      const done = await registration.acceptPatientInvitation(openRequestOf(request), body)
      return isRefusal(done) ? done : { body: done }
    },
  })
  bind(app, endpoints.invitedAccount, {
    act,
    handler: async (request) => {
      const body = bodyAs(request, invitedAccountRequest)
      if (isRefusal(body)) return body
      const done = await registration.invitedAccount(openRequestOf(request), body)
      return isRefusal(done) ? done : { body: done }
    },
  })
  invitationRoutes(app, systems)
}

function invitationRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { invitations } = systems
  const changes = { act, right: 'registration.invite' } as const
  bind(app, endpoints.invite, {
    ...changes,
    handler: ofStudy(systems, async (study, request) => {
      const body = bodyAs(request, invitationRequest)
      return isRefusal(body) ? body : invitations.invite(study, fhirRequestOf(request), body)
    }),
  })
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit: rosterBytesMax }, (_request, body, done) => done(null, body))
    const list = (work: typeof invitations.inviteMany | typeof invitations.preview) =>
      ofStudy(systems, async (study, request) =>
        typeof request.body === 'string'
          ? work(study, fhirRequestOf(request), request.body)
          : refuse('unsupported-media-type', { detail: 'Send text/csv.' }),
      )
    bind(scope, endpoints.inviteMany, { ...changes, handler: list(invitations.inviteMany) })
    bind(scope, endpoints.previewInvitations, { ...changes, handler: list(invitations.preview) })
  })
  bind(app, endpoints.invitations, {
    act,
    right: 'registration.invitations',
    handler: ofStudy(systems, async (study, request) => {
      const { limit: asked, after, state, order = 'oldest' } = queryOf(request)
      const limit = wholeNumber(asked, { min: 1, max: pageMax, otherwise: 100 })
      if (limit === null) return refuse('bad-parameter', { detail: `limit is 1 to ${pageMax}.`, parameter: 'limit' })
      const filter = invitationFilters.find((each) => each === state)
      if (state !== undefined && filter === undefined)
        return refuse('bad-parameter', { detail: `state is one of ${invitationFilters.join(', ')}.`, parameter: 'state' })
      if (order !== 'oldest' && order !== 'newest')
        return refuse('bad-parameter', { detail: 'order is oldest or newest.', parameter: 'order' })
      const page = { limit, after: after ?? null, newest: order === 'newest', ...(filter === undefined ? {} : { filter }) }
      return invitations.list(study, fhirRequestOf(request), page)
    }),
  })
  bind(app, endpoints.remind, {
    ...changes,
    handler: ofStudy(systems, (study, request) => invitations.remind(study, fhirRequestOf(request), paramOf(request, 'invitation'))),
  })
  bind(app, endpoints.revokeInvitation, {
    ...changes,
    handler: ofStudy(systems, (study, request) => invitations.revoke(study, fhirRequestOf(request), paramOf(request, 'invitation'))),
  })
  bind(app, endpoints.openInvitation, {
    act,
    handler: async (request) => {
      const body = bodyAs(request, invitationCode)
      if (isRefusal(body)) return body
      const opened = await invitations.open(factsOf(request), body.code)
      return isRefusal(opened) ? opened : { body: opened }
    },
  })
}
