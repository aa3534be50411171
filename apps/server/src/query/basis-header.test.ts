import type { QueryBasis } from '@aquifer/core/contract'
import { expect, test } from 'vitest'
import { basisHeaderOf } from './basis-header.js'

test('what a basis names in other letters fits a header, and comes back as it was', () => {
  const basis = { rows: 1, leftOut: [{ file: 'prélèvements 📄.csv', rows: '1–10' }] } as unknown as QueryBasis
  const headers = new Headers(basisHeaderOf(basis))
  expect(JSON.parse(headers.get('x-aquifer-basis') ?? '')).toEqual(basis)
})
