// Letters on their way: mailed, tried again, given up, and nothing sent to whom the invitation no longer is for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type Sent, type World } from '../platform/test/world.js'
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
async function deliver(): Promise<{ waits: number[]; delivered: number; failed: number }> {
  let at = Date.now()
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
