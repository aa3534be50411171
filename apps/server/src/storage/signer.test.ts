import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSigner, openVerifier } from './index.js'

const keys = mkdtempSync(join(tmpdir(), 'aquifer-keys-'))
afterAll(() => rmSync(keys, { recursive: true, force: true }))

test('the signing key is made once, kept to the server’s user, and its public half alone verifies', async () => {
  const [first, beside] = await Promise.all([openSigner(keys), openSigner(keys)])
  const again = await openSigner(keys)
  expect([beside.kid, again.kid]).toEqual([first.kid, first.kid])
  const modes = ['audit-signing.pem', 'audit-signing.pub.pem'].map((name) => statSync(join(keys, name)).mode & 0o777)
  if (process.platform !== 'win32') expect(modes).toEqual([0o600, 0o600])
  const text = Buffer.from('what was said')
  const mark = first.sign(text)
  const outsider = openVerifier(readFileSync(join(keys, 'audit-signing.pub.pem'), 'utf8'))
  expect(outsider.kid).toBe(first.kid)
  expect(outsider.verify(text, mark)).toBe(true)
  expect(outsider.verify(Buffer.from('what was not said'), mark)).toBe(false)
  expect(outsider.verify(text, Buffer.alloc(64))).toBe(false)
  expect(again.seal('a record').equals(first.seal('a record'))).toBe(true)
  expect(again.seal('a record').equals(first.seal('another'))).toBe(false)
})
