import { expect, test } from 'vitest'
import { reasonFault, reasonRules } from './reason.js'

test('a reason that the server would refuse is told before it is sent', () => {
  expect(reasonFault('a result that needs care', 'plain')).toBeNull()
  expect(reasonFault('wegen der Prüfung', 'plain')).toContain('“ü”')
  expect(reasonFault('wegen der Prüfung', 'accountable')).toBeNull()
  expect(reasonFault('x'.repeat(reasonRules.plain.most), 'plain')).toBeNull()
  expect(reasonFault('x'.repeat(reasonRules.plain.most + 1), 'plain')).toContain('255')
  expect(reasonFault('', 'plain')).toBeNull()
})
