import { Float64, Table, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { basis } from '../../../../../test/answering-server.js'
import { basisWords, toCsv } from '../csv.js'
import { readResult } from '../result.js'
import { copyAs } from './copy-as.js'
import { profileOf } from './profile.js'

const table = new Table({
  code: vectorFromArray(["a|b's", '=1', 'x', null, 'x'], new Utf8()),
  n: vectorFromArray([1, 2, 3, 4, null], new Float64()),
})
// As the server marks them in the schema: row, column, how.
table.schema.metadata.set('aquifer.suppressed', '[[2,1,"primary"],[3,1,"secondary"]]')
const result = readResult(tableToIPC(table, 'stream'), basis)
const all = { top: 0, bottom: 4, left: 0, right: 1 }

describe('suppressed cells', () => {
  test('are marks in every copy and never values', () => {
    expect(result.suppressedCount).toBe(2)
    for (const format of ['csv', 'tsv', 'markdown'] as const) {
      const text = copyAs(format, result, null, all)
      expect(text).toContain('<11')
      expect(text).toContain('hidden')
      expect(text).not.toMatch(/\b[34]\b/)
    }
    expect(copyAs('in-list', result, null, { ...all, left: 1 })).toBe('(1, 2)')
    expect(toCsv(result, null, 't')).toContain('x,<11')
    expect(basisWords(result).at(-1)).toBe('2 suppressed')
  })

  test('count as suppressed in a profile, and as nothing else', () => {
    expect(profileOf(result, 1)).toMatchObject({
      rows: 5,
      missing: 1,
      suppressed: 2,
      distinct: 2,
      figures: { min: '1', median: '1.5', max: '2' },
    })
  })
})

test('a copy is safe where it is pasted', () => {
  expect(copyAs('in-list', result, null, all)).toBe("('a|b''s', '=1', 'x')")
  expect(copyAs('markdown', result, null, all).split('\n').slice(0, 3)).toEqual(['| code | n |', '| --- | --: |', "| a\\|b's | 1 |"])
  expect(copyAs('csv', result, null, all)).toContain("'=1,2")
})

test('a profile tells what a column holds', () => {
  expect(profileOf(result, 0)).toMatchObject({
    missing: 1,
    distinct: 3,
    top: [{ text: 'x', n: 2 }, { n: 1 }, { n: 1 }],
    figures: null,
    bins: [],
  })
})
