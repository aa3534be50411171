import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { hmacOf, maskingKeyFor, randomMaskingKey, readMaskingKey } from './index.js'

const folder = mkdtempSync(path.join(tmpdir(), 'aquifer-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('is HMAC-SHA-256, for every key and message', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 3000 }), (key, message) => {
      expect(hmacOf(key)(message)).toBe(createHmac('sha256', key).update(message).digest('binary'))
    }),
  )
})

test('a study has its own key, always the same under one master key', () => {
  const master = randomMaskingKey()
  expect(maskingKeyFor(master, 'SYN')).toEqual(maskingKeyFor(master, 'SYN'))
  expect(maskingKeyFor(master, 'SYN')).not.toEqual(maskingKeyFor(master, 'syn'))
  expect(maskingKeyFor(randomMaskingKey(), 'SYN')).not.toEqual(maskingKeyFor(master, 'SYN'))
})

test('a key file holds bytes, text or hexadecimal, and enough of it', () => {
  const read = (content: string | Uint8Array): number[] | null => {
    const file = path.join(folder, 'key')
    writeFileSync(file, content)
    const key = readMaskingKey(file)
    return key && [...key]
  }
  const key = [...randomMaskingKey()]
  expect(read(Uint8Array.from(key))).toEqual(key)
  expect(read(`${Buffer.from(key).toString('hex')}\n`)).toEqual(key)
  expect(read('a passphrase-of-words\n')).toEqual([...Buffer.from('a passphrase-of-words\n')])
  expect(read('sixteen-letters!\n')).toEqual([...Buffer.from('sixteen-letters!')])
  expect(read('short')).toBeNull()
  expect(read('')).toBeNull()
})
