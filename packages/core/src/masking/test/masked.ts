import { createHmac } from 'node:crypto'
import { compilePolicy, createMasker, safeHarbor } from '../index.js'
import type { Hmac, KnownWords, MaskedForm, Masker, Policy } from '../index.js'

export const asOfYear = 2026

export function hmacWith(key: string): Hmac {
  return (message) => createHmac('sha256', key).update(message).digest('binary')
}

export function aMasker(
  policy: Policy = safeHarbor,
  {
    key = 'a study key',
    form = 'fhir',
    displays = null,
    knownWords = null,
  }: { key?: string; form?: MaskedForm; displays?: ReadonlyMap<string, string> | null; knownWords?: KnownWords | null } = {},
): Masker {
  return createMasker(compilePolicy(policy, form), { hmac: hmacWith(key), asOfYear, displays, knownWords })
}

/** The masked resource, loosely typed; a held one fails the test. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into resources freely
export function masked(resource: object, policy: Policy = safeHarbor): any {
  const { resource: out, held } = aMasker(policy).mask(resource)
  if (out === null) throw new Error(`held: ${held}`)
  return out
}

/** Every string and number in a value, keys included. */
export function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(wordsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [key, ...wordsIn(item)])
}

/** What stands for a required element whose value was removed. */
export const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }] }
