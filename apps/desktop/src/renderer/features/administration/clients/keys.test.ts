import { expect, test } from 'vitest'
import { keysIn } from './keys.js'

const key = { kty: 'EC', crv: 'P-384', x: 'a', y: 'b' }

test('a set, one key and an address are taken, and no private half leaves the page', () => {
  expect(keysIn(JSON.stringify({ keys: [key] }))).toEqual({ keys: { jwks: { keys: [key] } } })
  expect(keysIn(` ${JSON.stringify(key)}\n`)).toEqual({ keys: { jwks: { keys: [key] } } })
  expect(keysIn('https://keys.example/set')).toEqual({ keys: { jwksUrl: 'https://keys.example/set' } })
  for (const secret of [
    { ...key, d: 'secret' },
    { kty: 'oct', k: 'secret' },
  ]) {
    const told = keysIn(JSON.stringify({ keys: [key, secret] }))
    expect(told).toMatchObject({ wrong: expect.stringContaining('private') as string })
  }
  for (const wrong of ['nothing', '{}', '[]', '{"keys":[]}', '7']) expect(keysIn(wrong)).toHaveProperty('wrong')
})
