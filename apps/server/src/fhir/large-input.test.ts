// Bodies of the largest size that is taken, made to cost more than they are: each is refused for what it is, and others are answered meanwhile.
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
})
afterAll(() => world.close())

const largest = (begin: string, unit: string, end = ''): string =>
  begin + unit.repeat(Math.floor((32 * 1024 * 1024 - begin.length - end.length) / unit.length)) + end
const oneBundle = (entries: string): string => `{"resourceType":"Bundle","type":"batch","entry":[${entries}`
const get = '{"request":{"method":"GET","url":"Patient/pa"}}'

// Before such a body is read, and after, a few are answered; while it is read at once, none.
const othersMin = 40

test.each([
  ['brackets', '', () => largest('', '['), 400, /deeply/],
  ['objects in objects', '', () => largest('', '{"a":1,"b":'), 400, /deeply/],
  ['one number', '', () => largest('[', '9', ']'), 400, /JSON object/],
  ['numbers', '', () => largest(oneBundle(''), '1234567890123456789,', '1]}'), 413, /10000/],
  ['empty objects', '', () => largest(oneBundle('{"resource":{"resourceType":"Patient","name":['), '{},', '{}]}}]}'), 400, /values/],
  ['empty entries', '', () => largest(oneBundle(''), '{},', '{}]}'), 400, /values/],
  ['entries', '', () => largest(oneBundle(''), `${get},`, `${get}]}`), 413, /10000/],
  ['line ends', '/Patient', () => largest('', '\n'), 400, /line 33554433/],
  ['quotation marks', '/Patient', () => largest('{"resourceType":"Patient","a":"', '\\"', '"}'), 400, /Patient\.a/],
  ['escaped half pairs', '/Patient', () => largest('{"resourceType":"Patient","name":["', '\\ud800', '"]}'), 400, /Patient\.name\[0\]/],
])('32 MB of %s are refused', async (_what, path, body, status, says) => {
  const answer = await world.fhir('POST', path, feed, body())
  expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(says)])
})

test.each([
  ['what is refused at its end', () => largest(oneBundle(''), `${get},`, `${get}]`), 400],
  ['what has too many entries', () => largest(oneBundle(''), `${get},`, `${get}]}`), 413],
  ['what is right', () => JSON.stringify(bundleOf('batch', ...Array.from({ length: 4_000 }, (_, n) => weight(`many${n}`, 'pa')))), 200],
])('others are answered all the time beside %s', async (_what, body, status) => {
  let isOver = false
  const hostile = world.fhir('POST', '', feed, body()).finally(() => (isOver = true))
  let others = 0
  while (!isOver) {
    others += (await world.send({ path: '/health/live' })).status === 200 ? 1 : 0
    await turn()
  }
  expect((await hostile).status).toBe(status)
  expect(others).toBeGreaterThan(othersMin)
})
