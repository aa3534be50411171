import { expect, test } from 'vitest'
import { systemEnd } from './decisions.js'

test('systems are told apart by the end of their address', () => {
  expect(systemEnd('http://hl7.org/fhir/sid/cvx')).toBe('sid/cvx')
  expect(systemEnd('http://loinc.org')).toBe('loinc.org')
  expect(systemEnd('urn:oid:2.16.840.1.113883.6.238')).toBe('urn:oid:2.16.840.1.113883.6.238')
  expect(systemEnd('Device.model')).toBe('Device.model')
})
