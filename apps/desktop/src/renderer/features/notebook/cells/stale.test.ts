import { describe, expect, test } from 'vitest'
import type { Catalogue } from '@aquifer/core/contract'
import type { Cell } from '../model.js'
import { compile } from '../references.js'
import type { Result } from '../result.js'
import { isEdited, staleCause, upstreamCause } from './stale.js'

const sql = (name: string, source: string): Cell => ({ id: name, kind: 'sql', name, source })
const day = (value: string | null): Cell => ({ id: 'p', kind: 'parameter', name: 'as_of', source: '', parameter: { type: 'date', value } })
const cells = [
  day('2026-11-22'),
  sql('people', 'select * from patients where birth_date < $as_of'),
  sql('last', 'select count(*) from people'),
]
const now = (...changed: Cell[]) =>
  compile(
    cells.map((cell) => changed.find((one) => one.id === cell.id) ?? cell),
    'last',
  )
const ran = now()

describe('why a result is old', () => {
  test('a value goes beside the text, also for a cell that reads it through another', () => {
    expect(ran.parameters).toEqual({ as_of: { type: 'date', value: '2026-11-22' } })
    expect(ran.sql).not.toContain('2026-11-22')
    expect(compile(cells, 'people').parameters).toEqual(ran.parameters)
    expect(compile([...cells, sql('apart', "select '$as_of' -- $as_of")], 'apart').parameters).toEqual({})
  })

  test('newer data makes a result of living data old and none of a data cut; another cohort or a withdrawal makes both old', () => {
    const basis = { snapshot: '2026-11-01T00:00:00.000Z', consentEpoch: 3, maskingPolicy: 'safe-harbor v1' }
    const tables = [{ name: 'cohort_few', version: 'b' }]
    const catalogue = { ...basis, snapshot: '2026-11-02T00:00:00.000Z', tables } as Catalogue
    expect(staleCause({ basis } as unknown as Result, catalogue, null)).toContain('New data')
    const ofCut = { ...basis, cut: 'interim-1', withheldEpoch: 3 }
    expect(staleCause({ basis: ofCut } as unknown as Result, catalogue, 'interim-1')).toBeNull()
    expect(staleCause({ basis: ofCut } as unknown as Result, catalogue, null)).toBe('The notebook reads the living data since this ran.')
    expect(staleCause({ basis: ofCut } as unknown as Result, { ...catalogue, consentEpoch: 4 }, 'interim-1')).toContain('Consent')
    const reads = [{ name: 'cohort_few', version: 'a' }]
    expect(staleCause({ basis: { ...ofCut, reads } } as unknown as Result, catalogue, 'interim-1')).toBe(
      'cohort_few changed since this ran.',
    )
  })

  test('nothing changed, another cell did, a parameter did, the cell itself did', () => {
    expect(upstreamCause(ran, now())).toBeNull()
    expect(upstreamCause(ran, now(sql('people', 'select 1')))).toBe('people changed since this ran.')
    expect(upstreamCause(ran, now(day('2026-11-01')))).toBe('as_of changed since this ran: it was 2026-11-22, now 2026-11-01.')
    const edited = now(sql('last', 'select 2'))
    expect([upstreamCause(ran, edited), isEdited(ran, edited), isEdited(ran, now())]).toEqual([null, true, false])
  })
})
