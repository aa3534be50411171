import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aStorage, AnsweringServer } from '../../../test/answering-server.js'
import { arrivalOf, leaveFor } from './outside-sign-in.js'
import { Session } from './session.js'

const provider = {
  issuer: 'https://id.example',
  authorizationEndpoint: 'https://id.example/auth?tenant=1',
  clientId: 'bench',
  scope: 'openid',
}
let server: AnsweringServer
let storage: Storage

beforeEach(() => {
  server = new AnsweringServer()
  storage = aStorage()
})
afterEach(() => vi.unstubAllGlobals())

const leave = async () => new URL(await leaveFor(provider, 'protocol A-3', storage, 'https://aquifer.example')).searchParams

test('the way to the provider carries a challenge and never its verifier', async () => {
  const asked = Object.fromEntries(await leave())
  expect(asked).toMatchObject({ tenant: '1', client_id: 'bench', response_type: 'code', code_challenge_method: 'S256' })
  const kept = JSON.parse(storage.getItem('aquifer.sign-in') ?? '{}') as { verifier: string }
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(kept.verifier))
  expect(asked['code_challenge']).toBe(Buffer.from(hash).toString('base64url'))
  expect(Object.values(asked)).not.toContain(kept.verifier)
})

test('what comes back opens a session once, with the purpose that was said before', async () => {
  const state = (await leave()).get('state') ?? ''
  const arrival = arrivalOf(`?code=good&state=${state}`, storage)
  expect(arrivalOf(`?code=good&state=${state}`, storage)).toBeNull()
  const session = new Session(storage, () => 1, arrival)
  await session.start()
  expect(session.state()).toMatchObject({ status: 'signed-in', purpose: 'protocol A-3' })
  expect(server.calls('POST', /sign-in\/code/)[0]?.body).toMatchObject({ code: 'good', redirectUri: 'https://aquifer.example/' })
})

test('a code for another question, or one the provider does not know, signs nobody in', async () => {
  await leave()
  expect(arrivalOf('?code=good&state=theirs', storage)).toBeNull()
  const state = (await leave()).get('state') ?? ''
  const session = new Session(storage, () => 1, arrivalOf(`?code=bad&state=${state}`, storage))
  await session.start()
  expect(session.state().status).toBe('signed-out')
})
