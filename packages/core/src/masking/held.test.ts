import { describe, expect, test } from 'vitest'
import { expert, safeHarbor } from './index.js'
import { aMasker, masked } from './test/masked.js'

const observation = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } }

describe.each([safeHarbor, expert])('$name: what would change its meaning is held back', (policy) => {
  const unknown = [{ url: 'http://example.org/not', valueBoolean: true }]
  const heldBy = (resource: object): string | null => aMasker(policy).mask(resource).held

  test('an unknown modifierExtension holds the resource, inside one it takes its element', () => {
    expect(heldBy({ ...observation, modifierExtension: unknown })).toBe('unknown-modifier-extension')
    expect(heldBy({ ...observation, modifierExtension: { url: 'x' } })).toBe('unknown-modifier-extension')
    const component = { code: { coding: [{ code: '1' }] }, valueQuantity: { value: 1 } }
    const out = masked({ ...observation, component: [component, { ...component, modifierExtension: unknown }] }, policy)
    expect(out.component).toEqual([component])
    expect(heldBy({ ...observation, modifierExtension: [] })).toBeNull()
  })

  test('a modifier that cannot be read holds the resource, or takes its element', () => {
    expect(heldBy({ ...observation, status: 'Jane Roe says final' })).toBe('unreadable-modifier')
    expect(heldBy({ resourceType: 'MedicationStatement', status: 'active', wasNotTaken: 'yes' })).toBe('unreadable-modifier')
    expect(heldBy({ ...observation, implicitRules: 'http://example.org/negate-all' })).toBe('unknown-implicit-rules')
    expect(masked({ ...observation, valueQuantity: { value: 5, comparator: 'not' } }, policy)).not.toHaveProperty('valueQuantity')
  })

  test('unknown types, withheld types and what is no resource', () => {
    expect(heldBy({ resourceType: 'Encountr', id: '1' })).toBe('unknown-type')
    expect(heldBy({ resourceType: 'AuditEvent', participant: [{ name: 'Jane Roe', network: { address: '10.0.0.7' } }] })).toBe(
      'type-withheld',
    )
    for (const thing of [[], 'text', 5, null, {}, { resourceType: 7 }])
      expect(heldBy(thing as object)).toMatch(/not-a-resource|unknown-type/)
  })

  test('a contained one takes its container, an entry goes alone', () => {
    const bad = { ...observation, modifierExtension: unknown }
    expect(heldBy({ resourceType: 'List', status: 'current', mode: 'working', contained: [bad] })).toBe('unknown-modifier-extension')
    const bundle = aMasker(policy).mask({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: bad }, { resource: observation }, { resource: { resourceType: 'Nope' } }],
    })
    expect(bundle.heldInside).toEqual(['unknown-modifier-extension', 'unknown-type'])
    expect(bundle.resource).toMatchObject({ entry: [{ resource: observation }] })
  })

  test('nesting without end', () => {
    let group: object = { linkId: '1' }
    for (let level = 0; level < 5000; level++) group = { linkId: '1', group: [group] }
    expect(heldBy({ resourceType: 'QuestionnaireResponse', status: 'completed', group })).toBe('nested-too-deep')
    let bundle: object = observation
    for (let level = 0; level < 40; level++) bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: bundle }] }
    expect(JSON.stringify(aMasker(policy).mask(bundle))).not.toContain('8302-2')
  })
})
