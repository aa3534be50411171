import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

export const feedView = z.object({
  study: z.string(),
  sender: z.string().describe('account or client that sends'),
  app: z.string().nullable().describe('program that says its name by urn:aquifer:app; null: all that the sender sends'),
  lastAt: z.iso.datetime().nullable().describe('last write that was stored or found unchanged; null: none yet'),
  within: z.string().nullable().describe('something is expected so often, such as 24h; null: nothing is'),
  dueAt: z.iso.datetime().nullable().describe('counts as silent from here on'),
  silentSince: z.iso.datetime().nullable().describe('an alarm stands since'),
})
export type FeedView = z.infer<typeof feedView>
export const feedList = z.object({ feeds: z.array(feedView), silent: z.number().int() }).meta({ id: 'Feeds' })
export type FeedList = z.infer<typeof feedList>

export const feedExpectation = z
  .strictObject({ within: z.string().nullable().describe('a span such as 30m, 24h or 7d; null: nothing is expected any more') })
  .meta({ id: 'FeedExpectation' })

const system = 'pipeline'
export const feedEndpoints = {
  feeds: {
    method: 'GET',
    path: '/pipeline/api/v1/feeds',
    system,
    summary: 'Who sends into the studies within reach, when something came last, and which feeds are silent',
    query: ['study'],
    answer: feedList,
  },
  expectFeed: {
    method: 'PUT',
    path: '/pipeline/api/v1/feeds/{sender}',
    system,
    summary: 'Declare how often a feed has to send; without app all that the sender sends counts',
    query: ['study', 'app'],
    body: feedExpectation,
    answer: feedView,
  },
  forgetFeed: {
    method: 'DELETE',
    path: '/pipeline/api/v1/feeds/{sender}',
    system,
    summary: 'Forget a feed and what is expected of it; it is there again when it sends',
    query: ['study', 'app'],
    status: 204,
  },
} as const satisfies Record<string, Endpoint>
