import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resourceTypes, validate } from '../fhir/index.js'
import { resourceOf } from '../fhir/test/arbitrary-resource.js'
import { expert, safeHarbor } from './index.js'
import type { Policy } from './index.js'
import { aMasker, wordsIn } from './test/masked.js'
import { everyMethod as ruled } from './test/policies.js'

const types = resourceTypes.filter((type) => type !== 'AuditEvent')
const policies: readonly Policy[] = [safeHarbor, expert, ruled]

function emptyIn(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (typeof value !== 'object') return false
  const items = Object.values(value)
  return items.length === 0 || items.some(emptyIn)
}

const resource = fc.constantFrom(...types).chain((type) => resourceOf(type))
// What the generated resource lacked itself, or the removal of a required element, is not of a masker's making.
const structural = (issue: { code: string; message: string }): boolean => issue.code !== 'invariant' && issue.code !== 'required'

test.each(policies)('$name: a resource of any type comes out valid, the same each time, with no null and nothing empty', (policy) => {
  const [masker, again, rows] = [aMasker(policy), aMasker(policy), aMasker(policy, { form: 'rows' })]
  fc.assert(
    fc.property(resource, (source) => {
      const { resource: out } = masker.mask(source)
      expect(again.mask(source).resource).toEqual(out)
      for (const each of [out, rows.mask(source).resource]) if (each) expect(emptyIn(each)).toBe(false)
      const before = new Set(validate(source).map(({ message }) => message))
      if (out) expect(validate(out).filter((issue) => structural(issue) && !before.has(issue.message))).toEqual([])
    }),
    { numRuns: 600 },
  )
})

// Of words alone: what is written as text, wherever the model allows one.
const telling = 'Gowanlock'
const tellingIn = (source: unknown): unknown => {
  if (Array.isArray(source)) return source.map(tellingIn)
  if (typeof source !== 'object' || source === null) return source
  return Object.fromEntries(
    Object.entries(source).map(([key, value]) => [
      key,
      typeof value === 'string' && !['resourceType', 'div', 'reference'].includes(key) && / /.test(value)
        ? `${telling} of ${value}`
        : tellingIn(value),
    ]),
  )
}

test.each(policies)('$name: no word of a text of any type is in what comes out', (policy) => {
  const masker = aMasker(policy)
  fc.assert(
    fc.property(resource, (source) => {
      const out = masker.mask(tellingIn(source)).resource
      if (!policy.definitional.includes(source.resourceType)) expect(wordsIn(out).filter((word) => word.includes(telling))).toEqual([])
    }),
    { numRuns: 600 },
  )
})

test('under two keys no pseudonym of any type is the same', () => {
  const [one, two] = [aMasker(ruled, { key: 'one' }), aMasker(ruled, { key: 'two' })]
  const pseudonyms = (value: unknown): string[] =>
    wordsIn(value).filter((word) => /[a-f\d]{8}-[a-f\d]{4}-|^(nam|org|stf|lot|cod)-/.test(word))
  fc.assert(
    fc.property(resource, (source) => {
      const others = new Set(pseudonyms(two.mask(source).resource))
      expect(pseudonyms(one.mask(source).resource).filter((word) => others.has(word))).toEqual([])
    }),
    { numRuns: 300 },
  )
})
