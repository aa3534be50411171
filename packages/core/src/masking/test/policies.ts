import { validate } from '../../fhir/index.js'
import { expect } from 'vitest'
import { readPolicy } from '../index.js'
import type { Policy } from '../index.js'
import { masked } from './masked.js'

/** A policy of these rules over a built-in one; a file that is refused fails the test. */
export function policyWith(rules: readonly object[], more: object = {}): Policy {
  const file = {
    name: 'own',
    version: 1,
    extends: 'safe-harbor',
    rules: rules.map((rule, index) => ({ id: `r${index + 1}`, ...rule })),
    ...more,
  }
  const { policy, problems } = readPolicy(JSON.stringify(file))
  if (!policy) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return policy
}

/** The masked resource, found valid. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into resources freely
export function valid(resource: object, policy: Policy): any {
  const out = masked(resource, policy)
  expect(validate(out)).toEqual([])
  return out
}

export const loinc = (code: string): object => ({ coding: [{ system: 'http://loinc.org', code }] })
export const height = { resourceType: 'Observation', status: 'final', code: loinc('8302-2'), subject: { reference: 'Patient/1' } }
