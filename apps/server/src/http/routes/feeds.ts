import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, feedExpectation } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { feedApp, feedWithinMaxMs, feedWithinMinMs, isFeedSender } from '@aquifer/core/study'
import { durationMs } from '@aquifer/core/time'
import type { Study } from '../../repository/index.js'
import { bind, bodyAs, paramOf, queryOf } from '../bind.js'
import { factsOf, grantOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'
import { studyNamed } from './study.js'

const act = 'pipeline'

export function feedRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { feeds } = systems
  bind(app, endpoints.feeds, {
    act,
    right: 'feeds.read',
    handler: async (request) => {
      const study = await studyNamed(systems, request, queryOf(request)['study'])
      return isRefusal(study) ? study : { body: await feeds.list(grantOf(request), study) }
    },
  })
  bind(app, endpoints.expectFeed, {
    act,
    right: 'feeds.expect',
    handler: async (request) => {
      const feed = await feedIn(systems, request)
      if (isRefusal(feed)) return feed
      const body = bodyAs(request, feedExpectation)
      if (isRefusal(body)) return body
      const withinMs = body.within === null ? null : durationMs(body.within)
      if (body.within !== null && (withinMs === null || withinMs < feedWithinMinMs || withinMs > feedWithinMaxMs))
        return refuse('invalid', { detail: 'within is a span from 1m to 366d, such as 24h, or null.' })
      Object.assign(factsOf(request).detail, { expectation: body.within })
      return { body: await feeds.expect(feed.study, feed, { withinMs, by: grantOf(request).user }) }
    },
  })
  bind(app, endpoints.forgetFeed, {
    act,
    right: 'feeds.expect',
    handler: async (request) => {
      const feed = await feedIn(systems, request)
      const refusal = isRefusal(feed) ? feed : await feeds.forget(feed.study, feed)
      return refusal ?? { status: 204 }
    },
  })
}

async function feedIn(
  systems: RoutedSystems,
  request: FastifyRequest,
): Promise<{ study: Study; sender: string; app: string | null } | Refusal> {
  const { study: id, app } = queryOf(request)
  const study = await studyNamed(systems, request, id)
  if (isRefusal(study)) return study
  if (study === null) return refuse('bad-parameter', { detail: 'Name the study.', parameter: 'study' })
  const sender = paramOf(request, 'sender')
  if (!isFeedSender(sender))
    return refuse('bad-parameter', { detail: 'A sender is the name of an account or client.', parameter: 'sender' })
  const named = app === undefined ? null : feedApp(app)
  if (app !== undefined && named === null)
    return refuse('bad-parameter', { detail: 'app is a program’s name, at most 64 letters, digits, blanks and . _ : -', parameter: 'app' })
  const facts = factsOf(request)
  facts.sid = study.sid
  Object.assign(facts.detail, { sender, app: named })
  return { study, sender, app: named }
}
