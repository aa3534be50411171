import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginJson, parseJson, stringifyResource, type JsonLimits } from './index.js'

const roomy: JsonLimits = { values: 3_000_000, valuesOfItem: 250_000 }
function read(text: string, limits = roomy) {
  const reading = beginJson(text, limits)
  let turns = 0
  while (reading.advance(50_000)) turns += 1
  return { turns, result: reading.result() }
}
const repeated = (unit: string, bytes = 300_000): string => Array.from({ length: Math.ceil(bytes / unit.length) }, () => unit).join(',')
const filling = '{"value":1.50,"unit":"k[,]\\"g"}'

describe('JSON in parts', () => {
  test.each([
    ['a list', `{"a":1,"entry":[${repeated(filling)}],"z":[{"b":[1,2]}]}`],
    ['two lists, one after the other', `{"a":[${repeated(filling)}],"b":[${repeated('[1,[2]]')}] , "c":{"d":[1]}}`],
    ['an escaped name', `{"a\\u0062":[${repeated('"x,]}"')}]}`],
    ['a mark and blanks', `\ufeff { "a" : [ ${repeated(' 1e400 , -0')} ] } \n`],
    ['a list at the outside', `[${repeated(filling)}]`],
    ['one long string', `{"a":"${'\\"'.repeat(200_000)}"}`],
  ])('%s is what it is at once', (_name, text) => {
    const { turns, result } = read(text)
    const whole = parseJson(text)
    expect(turns).toBeGreaterThan(1)
    expect(result).toEqual({ ...whole, forbidden: null })
    expect(stringifyResource(result.resource)).toBe(stringifyResource(whole.resource))
  })

  const many = repeated(filling)
  const few = repeated(filling, 70_000)
  test.each([
    ['cut off', `{"a":[${many}`],
    ['a comma too many at the end', `{"a":[${many},]}`],
    ['a comma too many between', `{"a":[${many},,${many}]}`],
    ['a comma too many in front', `{"a":[,${many}]}`],
    ['another bracket', `{"a":[${many}}`],
    ['two documents', `{"a":[${many}]}{"a":[${many}]}`],
    ['no name', `{[${many}]}`],
    ['a repeated name', `{"a":[${many}],"a":1}`],
    ['a repeated name within', `{"a":[${many},{"b":1,"b":2},${many}]}`],
    ['a forbidden name', `{"a":[${many}],"__proto__":1}`],
    ['too deep', `{"a":[${many},${'['.repeat(200)}`],
    ['nothing', ' '.repeat(300_000)],
  ])('%s is refused as it is at once', (_name, text) => {
    const [{ result }, whole] = [read(text), parseJson(text)]
    expect([result.problem, result.problem]).toEqual([whole.problem, expect.any(String)])
  })

  test('a fault is told by its place in the whole text', () => {
    const text = `{"a":[${many},{"b":tru},${many}]}`
    expect(read(text).result).toEqual({ problem: 'not-json', offset: text.indexOf('tru}') })
    const half = `{"a":[${many}],"b":[{"text":"\\ud800"}]}`
    expect(read(half).result).toMatchObject({ forbidden: 'b[0].text' })
    const later = `{"a":[${many},{"text":"\\u0001"}]}`
    expect(read(later).result).toMatchObject({ forbidden: `a[${many.split(`},{`).length}].text` })
  })

  test.each([
    ['all', { values: 1_000, valuesOfItem: 1_000 }, `{"a":[${repeated('{}')}]}`],
    ['one item', { values: 3_000_000, valuesOfItem: 1_000 }, `{"a":[1,{"b":[${repeated('1')}]}]}`],
    ['what is no item', { values: 3_000_000, valuesOfItem: 1_000 }, `[${repeated('1')}]`],
  ])('more values than %s may have are refused before they are made', (_what, limits, text) => {
    expect(read(text, limits).result).toMatchObject({ problem: 'too-many' })
    expect(read(`{"a":[${repeated(filling, 4_000)}]}`, limits).result.problem).toBeUndefined()
  })

  test('any JSON, and any that was changed, is read as at once', () => {
    const damaged = fc.tuple(fc.jsonValue(), fc.nat(), fc.constantFrom('', ',', ']', '}', '[', '"', ':', '1'))
    fc.assert(
      fc.property(damaged, ([value, at, instead]) => {
        const inner = JSON.stringify(value)
        const text = `{"a":[${few},${inner.slice(0, at % inner.length)}${instead}${inner.slice((at % inner.length) + 1)},${few}]}`
        const [{ result }, whole] = [read(text), parseJson(text)]
        expect(result.problem).toBe(whole.problem)
        if (result.problem === undefined) expect(stringifyResource(result.resource)).toBe(stringifyResource(whole.resource))
      }),
      { numRuns: 40 },
    )
  })
})
