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

/** One rule for each way of meeting an element and each method. */
export const everyMethod = policyWith(
  [
    { match: { path: 'Patient.gender' }, method: 'redact', where: [{ path: 'active', equals: true }] },
    { match: { path: 'Observation.value' }, method: 'generalize', to: 'bins', width: 10 },
    { match: { code: [{ system: 'http://loinc.org', code: 'a' }] }, method: 'redact' },
    { match: { type: 'HumanName.family' }, method: 'pseudonym' },
    { match: { type: 'HumanName' }, method: 'substitute', value: { text: 'A person' }, where: [{ path: 'use', in: ['old', 'temp'] }] },
    { match: { type: 'Quantity' }, method: 'perturb', span: 0.1, mode: 'proportional' },
    { match: { type: 'dateTime' }, method: 'dateGeneralize', to: 'month' },
    { match: { type: 'instant' }, method: 'dateShift' },
    { match: { type: 'CodeableConcept' }, method: 'generalize', to: 'codeCategory', scheme: 'icd-10' },
    { match: { type: 'markdown' }, method: 'substitute', value: 'a text' },
    { match: { type: 'Narrative' }, method: 'regenerate' },
    { match: { type: 'positiveInt' }, method: 'generalize', to: 'roundTo', unit: 5 },
    { match: { extension: 'urn:x' }, method: 'dateGeneralize', to: 'decade' },
  ],
  { securityLabels: 'always' },
)
