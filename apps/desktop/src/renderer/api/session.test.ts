import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aStorage, AnsweringServer } from '../../../test/answering-server.js'
import { Session } from './session.js'

let server: AnsweringServer
let storage: Storage
let now: number
let session: Session

beforeEach(async () => {
  server = new AnsweringServer()
  storage = aStorage()
  now = 1_000_000
  session = new Session(storage, () => now)
  await session.start()
})
afterEach(() => vi.unstubAllGlobals())

const settle = () => new Promise((wake) => setTimeout(wake, 5))

describe('a session', () => {
  test('begins with the right password only', async () => {
    await expect(session.signIn('aoife', 'wrong', 'analysis')).rejects.toMatchObject({ status: 401 })
    expect(session.state().status).toBe('signed-out')
    await session.signIn('aoife', 'right', 'protocol A-3')
    expect(session.state()).toMatchObject({ status: 'signed-in', study: 'HARBOR', purpose: 'protocol A-3' })
  })

  test('outlives a reload of its tab, and nothing else', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    const again = new Session(storage, () => now)
    await again.start()
    expect(again.state()).toMatchObject({ status: 'signed-in', me: { user: 'aoife' } })
    again.signOut()
    expect(storage.length).toBe(0)
    expect(server.calls('POST', /sign-out/).map((call) => call.token)).toEqual(['t1'])
  })

  test('is renewed while somebody works', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    now += 30_000
    session.touched()
    session.tick()
    await settle()
    expect(server.calls('POST', /refresh/)).toHaveLength(0)
    now += 60_000
    session.tick()
    session.tick()
    await settle()
    expect(server.calls('POST', /refresh/)).toHaveLength(1)
    now += 10 * 60_000
    session.tick()
    await settle()
    expect(server.calls('POST', /refresh/)).toHaveLength(1)
    session.touched()
    session.tick()
    await settle()
    expect(server.calls('POST', /refresh/)).toHaveLength(2)
    now += 14 * 60_000
    session.tick()
    expect(session.state().status).toBe('signed-in')
  })

  test('learns with the renewal what the role may do by then', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    const before = session.state().me
    server.me = { ...server.me, expiresAt: '2026-11-24T00:00:00Z' }
    const renew = async () => {
      now += 90_000
      session.touched()
      session.tick()
      await settle()
    }
    await renew()
    expect(session.state().me).toBe(before)
    server.me = { ...server.me, rights: ['query.count'] }
    await renew()
    expect(session.state()).toMatchObject({ status: 'signed-in', study: 'HARBOR', me: { rights: ['query.count'] } })
  })

  test('is covered when nobody does, and goes on where it was left', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    now += 15 * 60_000 - 1
    session.tick()
    expect(session.state().status).toBe('signed-in')
    now += 1
    session.tick()
    expect(session.state()).toMatchObject({ status: 'locked', me: { user: 'aoife' }, study: 'HARBOR' })
    expect(storage.length).toBe(0)
    await session.signIn('aoife', 'right', 'analysis')
    expect(session.state()).toMatchObject({ status: 'signed-in', study: 'HARBOR' })
  })

  test('is covered when the server no longer knows it', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    server.tokenGood = false
    await expect(session.api.send('/query/api/v1/notebooks', {})).rejects.toMatchObject({ status: 401 })
    expect(session.state().status).toBe('locked')
  })

  test('survives a server that is away, and says so', async () => {
    await session.signIn('aoife', 'right', 'analysis')
    server.down = true
    await expect(session.api.send('/query/api/v1/notebooks', {})).rejects.toMatchObject({ kind: 'offline' })
    expect(session.state()).toMatchObject({ status: 'signed-in', reachable: false, unreachableSince: now })
    server.down = false
    await session.api.send('/identity/api/v1/me', {})
    expect(session.state()).toMatchObject({ reachable: true, unreachableSince: null })
  })
})
