import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SignJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTokenKeys, signingAlgorithm, type TokenKeys } from './token-keys.js'
import { audience, claimsOf, localIssuer, verifyToken } from './tokens.js'

const now = Date.UTC(2026, 0, 1)
let folder: string
let keys: TokenKeys
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-keys-'))
  keys = await openTokenKeys(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const verified = async (claims: JWTPayload) => {
  const times = { iat: now / 1000 - 60, exp: now / 1000 + 60 }
  const whole = { sub: 'u', jti: 'j', iss: localIssuer, aud: audience, ...times, aquifer_role: 'investigator', ...claims }
  const token = await new SignJWT(whole).setProtectedHeader({ alg: signingAlgorithm, kid: keys.kid() }).sign(keys.sign())
  return verifyToken(keys, token, { now, issuers: [localIssuer] })
}

test('a claim that narrows and cannot be read makes the token invalid, not wider', async () => {
  expect(await verified({ aquifer_studies: ['S'], aquifer_patient: 'p' })).toMatchObject({ studies: ['S'], sites: null, patient: 'p' })
  for (const claims of [{ aquifer_studies: 'S' }, { aquifer_studies: [1] }, { aquifer_sites: 'A' }, { aquifer_patient: ['p'] }])
    expect(await verified(claims)).toBeNull()
})
test('expired, for somebody else, of another issuer, without a role or an end: not a token', async () => {
  for (const claims of [
    { exp: now / 1000 - 60 },
    { aud: 'other' },
    { iss: 'other' },
    { aquifer_role: 'god' },
    { exp: undefined },
    { nbf: now / 1000 + 999 },
  ])
    expect(await verified(claims as JWTPayload)).toBeNull()
})
test('what relationships let reach is not claimed: elsewhere it would read as whole studies', () => {
  const reach = { studies: new Map([['S', { sites: ['A'], people: new Set<string>() }]]), until: 0, stamp: '', holders: [] }
  const plain = { user: 'u', role: 'auditor', studies: ['S'], sites: ['A'], people: null } as const
  expect(claimsOf(plain)).toEqual({ role: 'auditor', studies: ['S'], sites: ['A'], patient: null })
  expect(claimsOf({ ...plain, role: 'investigator', sites: [], reach })).toEqual({
    role: 'investigator',
    studies: null,
    sites: null,
    patient: null,
  })
})
