// Letters on their way: mailed, tried again, given up, and nothing sent to whom the invitation no longer is for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type Sent, type World } from '../platform/test/world.js'
import { answersKeptMs, openRegistrationClock } from './clock.js'
import { deliverInvitations } from './delivery.js'
import { openMail } from './mail.js'
import { openMailSink, type MailSink } from './test/mail-sink.js'

let sink: MailSink
let world: World
let manager: string
beforeAll(async () => {
  sink = await openMailSink(() => undefined)
  // Nothing works on jobs here: each test carries letters itself, by a clock of its own.
  world = await openPlatformWorld({ settings: { AQUIFER_SMTP_URL: sink.url, AQUIFER_SMTP_FROM: 'study@example.org' } })
  await world.study({ id: 'S', name: 'Harbor' })
  manager = await world.token('study-manager', ['S'])
})
afterAll(async () => {
  await world.close()
  await sink.close()
})

const list = '/registration/api/v1/studies/S/invitations'
const invite = (email: string): Promise<Sent> => world.send({ method: 'POST', path: list, token: manager, body: { email, days: 3 } })
async function deliver(from = Date.now()): Promise<{ waits: number[]; delivered: number; failed: number }> {
  let at = from
  const waits: number[] = []
  const { repository, identity } = world.platform
  const end = await deliverInvitations(
    {
      repository,
      carriers: [openMail({ url: sink.url, from: 'study@example.org' })],
      key: identity.keyFor('codes of invitations'),
      linkOf: (code) => `https://aquifer.example.org/#/invitation/${code}`,
      now: () => at,
      rest: async (ms) => {
        waits.push(ms)
        at += ms
      },
    },
    { cancelled: false },
  )
  return { ...end, waits }
}
async function deliveryOf(id: unknown): Promise<unknown> {
  const { json } = await world.send({ path: list, token: manager })
  return (json['invitations'] as Json[]).find((each) => each['id'] === id)?.['delivery']
}
const decoded = (text: string): string =>
  text.replaceAll('=\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

test('an invitation is mailed to the person alone, with a link that opens it', async () => {
  const { json } = await invite('one@example.org')
  expect(json).toMatchObject({ code: null, link: null, delivery: 'waiting' })
  expect(await deliver()).toMatchObject({ delivered: 1, failed: 0 })
  expect(await deliveryOf(json['id'])).toBe('delivered')
  expect(sink.mails.map(({ to }) => to)).toEqual([['one@example.org']])
  const code = /#\/invitation\/([\w-]+)/.exec(decoded(sink.mails[0]?.text ?? ''))?.[1] ?? ''
  const opened = await world.send({ method: 'POST', path: '/registration/api/v1/openInvitation', body: { code } })
  expect(opened).toMatchObject({ status: 200, json: { study: 'S' } })
})

test('what is not taken is tried again later and later, then given up', async () => {
  sink.mails.length = 0
  sink.refusals.push('451 later', '451 later')
  const { json } = await invite('two@example.org')
  expect(await deliver()).toEqual({ delivered: 1, failed: 0, waits: [5_000, 30_000] })
  expect(await deliveryOf(json['id'])).toBe('delivered')
  sink.refusals.push(...Array.from({ length: 7 }, () => '550 nobody'))
  const never = await invite('three@example.org')
  expect(await deliver()).toEqual({ delivered: 0, failed: 1, waits: [5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000] })
  expect(await deliveryOf(never.json['id'])).toBe('failed')
  expect(sink.mails.map(({ to }) => to)).toEqual([['two@example.org']])
})

test('nothing is sent for an invitation that was revoked', async () => {
  sink.mails.length = 0
  const { json } = await invite('four@example.org')
  await world.send({ method: 'DELETE', path: `${list}/${String(json['id'])}`, token: manager })
  expect(await deliver()).toMatchObject({ delivered: 0, failed: 0 })
  expect(sink.mails).toEqual([])
})

const dayMs = 86_400_000
const settings = (more: Json): Promise<Sent> =>
  world.send({ method: 'POST', path: '/study/api/v1/apply', token: manager, body: { id: 'S', ...more } })
async function clockAt(at: number): Promise<{ reminded: number; forgotten: number; queued: number }> {
  let queued = 0
  const { repository } = world.platform
  const queue = async () => void (queued += 1)
  const clock = openRegistrationClock({ repository, now: () => at, queue, onBug: (error) => expect(error).toBeNull() })
  const done = await clock.run()
  await clock.close()
  return { ...done, queued }
}

test('who has not decided is reminded on the days that the study names, once each, under the same code', async () => {
  sink.mails.length = 0
  expect((await settings({ reminders: [7, 2] })).status).toBe(200)
  const sent = await world.send({
    method: 'POST',
    path: list,
    token: manager,
    body: { email: 'five@example.org', language: 'de', days: 10 },
  })
  const ends = Date.parse(String(sent.json['expiresAt']))
  await deliver()
  expect(await clockAt(ends - 7 * dayMs - 1)).toMatchObject({ reminded: 0, queued: 0 })
  expect(await clockAt(ends - 7 * dayMs)).toMatchObject({ reminded: 1, queued: 1 })
  expect(await clockAt(ends - 7 * dayMs + 1)).toMatchObject({ reminded: 0 })
  await deliver(ends - 7 * dayMs)
  // Both days passed while nobody looked: one letter says it.
  expect(await clockAt(ends - dayMs)).toMatchObject({ reminded: 1 })
  await deliver(ends - dayMs)
  expect(await clockAt(ends)).toMatchObject({ reminded: 0 })
  const texts = sink.mails.map(({ text }) => decoded(text))
  expect(texts.map((text) => /Subject: (Erinnerung: )?/.exec(text)?.[1] ?? '')).toEqual(['', 'Erinnerung: ', 'Erinnerung: '])
  expect(new Set(texts.map((text) => /#\/invitation\/([\w-]+)/.exec(text)?.[1])).size).toBe(1)
  expect(new Set(texts.map((text) => /Message-ID: (\S+)/i.exec(text)?.[1])).size).toBe(3)
  const { json } = await world.send({ path: list, token: manager })
  expect((json['invitations'] as Json[]).find(({ id }) => id === sent.json['id'])).toMatchObject({
    reminders: 2,
    expiresAt: sent.json['expiresAt'],
  })
  const audited = await world.owner().query(`select detail from audit where actor = 'clock' and action = 'registration'`)
  expect(audited.rows).toHaveLength(2)
})

test('a study’s own letter is checked when it is saved, and sent in its language', async () => {
  sink.mails.length = 0
  const wrong = await settings({
    letters: { de: { subject: 'Hallo {name}', text: 'Kein Verweis' }, deutsch_: { subject: 's', text: '{link}' } },
  })
  expect(wrong.status).toBe(400)
  expect((wrong.json['issues'] as Json[]).map(({ path }) => path)).toEqual(['letters.de.subject', 'letters.de.text', 'letters.deutsch_'])
  const own = { de: { subject: 'Unsere Studie {study}', text: 'Bitte bis {until}: {link}' } }
  expect((await settings({ letters: own })).status).toBe(200)
  for (const language of ['de-AT', 'fr'])
    await world.send({ method: 'POST', path: list, token: manager, body: { email: `${language}@example.org`, language } })
  await deliver()
  const subjects = sink.mails.map(({ to, text }) => [to[0], text.includes('Unsere Studie Harbor')])
  expect(Object.fromEntries(subjects)).toEqual({ 'de-AT@example.org': true, 'fr@example.org': false })
})

test('answers are kept for their time and no longer', async () => {
  await world.send({ method: 'POST', path: list, token: manager, body: {}, headers: { 'x-correlation-id': 'kept' } })
  const kept = async () => (await world.owner().query(`select 1 from registration where correlation = 'kept'`)).rowCount
  await clockAt(Date.now() + answersKeptMs - 60_000)
  expect(await kept()).toBe(1)
  await clockAt(Date.now() + answersKeptMs + 60_000)
  expect(await kept()).toBe(0)
})
