import { expect, test } from 'vitest'
import { openLayouts } from './layout-store.js'

function storageOf(values: Record<string, string> = {}): Storage {
  const kept = new Map(Object.entries(values))
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as Storage
}

test('a layout is kept per person and study, without titles', () => {
  const storage = storageOf()
  const ada = openLayouts(storage, 'ada', 'HARBOR')
  ada.write({ dock: { panels: { 'n:1': { id: 'n:1', title: 'What I think of Site B' } } } })
  ada.write({ closed: ['t:patients'] })
  expect(ada.read()).toEqual({ dock: { panels: { 'n:1': { id: 'n:1' } } }, closed: ['t:patients'], side: null })
  expect(openLayouts(storage, 'ada', 'TIDE').read().dock).toBeNull()
  expect(openLayouts(storage, 'ben', 'HARBOR').read().closed).toEqual([])
})

test('what cannot be read is begun anew, and a full disk stops nobody', () => {
  const broken = storageOf({ 'aquifer.layout.ada.HARBOR': '{' })
  expect(openLayouts(broken, 'ada', 'HARBOR').read().closed).toEqual([])
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error('full')
    },
  } as unknown as Storage
  expect(() => openLayouts(full, 'ada', 'HARBOR').write({ closed: ['x'] })).not.toThrow()
})
