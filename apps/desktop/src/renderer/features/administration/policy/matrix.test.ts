import { expect, test } from 'vitest'
import { builtInRolePolicy, rights, roles } from '@aquifer/core/access'
import { matrixOf } from './matrix.js'

test('against an older policy each cell says what came, what went and what stayed', () => {
  const newer = structuredClone(builtInRolePolicy)
  newer.roles['analyst'] = { rights: ['query.run', 'audit.read'], read: [], write: [] }
  newer.roles['auditor'] = { rights: [], read: ['Observation'], write: [] }
  const rows = matrixOf(newer, builtInRolePolicy)
  const cell = (item: string, role: (typeof roles)[number]) => rows.find((row) => row.item === item)?.cells[roles.indexOf(role)]
  expect([cell('query.run', 'analyst'), cell('audit.read', 'analyst'), cell('audit.read', 'auditor')]).toEqual(['held', 'granted', 'taken'])
  expect([cell('Observation', 'auditor'), cell('Observation', 'analyst')]).toEqual(['granted', 'none'])
  expect(matrixOf(newer, null).some(({ changes }) => changes)).toBe(false)
})

test('a right that nobody holds still has its row', () => {
  const nobody = { ...builtInRolePolicy, roles: {} }
  expect(matrixOf(nobody, null).map(({ item }) => item)).toEqual(rights)
})
