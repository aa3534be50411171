import { createHash } from 'node:crypto'
import { v5 } from 'uuid'
import { expect, test } from 'vitest'
import { derivedUuid, isFhirId, uuidOfUrn, uuidV7, type Sha1 } from './index.js'

const sha1: Sha1 = (namespace, text) => createHash('sha1').update(namespace).update(text).digest()

test('derived ids are UUIDs of version 5, and parts cannot run into each other', () => {
  expect(derivedUuid(sha1, 'S', 'ä')).toBe(v5('1:S|1:ä', '6c0b6f0e-6d0a-5c50-9a3c-3f9f3f0a7e11'))
  expect(derivedUuid(sha1, 'a', 'bc')).not.toBe(derivedUuid(sha1, 'ab', 'c'))
})
test('made ids are UUIDs of version 7 that rise with time', () => {
  const random = new Uint8Array(10).fill(0xff)
  const early = uuidV7(Date.UTC(2026, 0, 1), random)
  expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(early < uuidV7(Date.UTC(2026, 0, 2), new Uint8Array(10))).toBe(true)
})
test('ids are what FHIR allows', () => {
  expect(['a', 'A-1.b', 'x'.repeat(64)].every(isFhirId)).toBe(true)
  expect(['', 'a b', 'ä', 'x'.repeat(65), 'a/b'].some(isFhirId)).toBe(false)
  expect(uuidOfUrn('urn:uuid:6F9619FF-8b86-4011-b42d-00c04fc964ff')).toBe('6F9619FF-8b86-4011-b42d-00c04fc964ff')
  expect(uuidOfUrn('urn:oid:1.2')).toBeNull()
})
