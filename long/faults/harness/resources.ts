import { contract, patient, weight, type Json } from '../../../apps/server/src/platform/test/world.js'
import { study } from './bench.js'

/** Every value of the workload's people that must not be seen unmasked holds one of these. */
export const canary = /canary|1931-07-17|447192/i

const marked = (marker: string): Json => ({ system: 'urn:marker', value: marker })
const narrative = (of: string): Json => ({
  status: 'generated',
  div: `<div xmlns="http://www.w3.org/1999/xhtml">Canary ${of}</div>`,
})

export function person(id: string, marker: string): Json {
  return patient(id, {
    text: narrative(id),
    identifier: [marked(marker), { system: 'http://hl7.org/fhir/sid/us-ssn', value: `CANARY-${id}` }],
    name: [{ family: [`Canaryson${id.slice(-1)}x`], given: [`Canarina${id.slice(-1)}x`] }],
    telecom: [
      { system: 'phone', value: '447192301' },
      { system: 'email', value: `${id}@example.org` },
    ],
    birthDate: '1931-07-17',
    address: [{ line: ['1 Canary Row'], city: 'Canaryville', state: 'OH', postalCode: '44719', country: 'US' }],
    contact: [{ name: { family: ['Canarykin'] }, telecom: [{ system: 'phone', value: '447192302' }] }],
  })
}

export function observation(id: string, personId: string, { marker, value }: { marker: string; value: number }, more: Json = {}): Json {
  return {
    ...weight(id, personId, value),
    text: narrative(id),
    identifier: [marked(marker)],
    comments: `Canaryson was weighed, ${marker}`,
    performer: [{ display: 'Dr. Canary' }],
    ...more,
  }
}

export function condition(id: string, personId: string, { marker }: { marker: string }): Json {
  return {
    resourceType: 'Condition',
    id,
    identifier: [marked(marker)],
    patient: { reference: `Patient/${personId}` },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
    verificationStatus: 'confirmed',
    onsetDateTime: '2025-03-04',
    notes: 'as Mrs. Canaryson says',
  }
}

export function consent(id: string, personId: string, marker: string, status: 'active' | 'withdrawn' = 'active'): Json {
  return { ...contract(id, personId, study, status), identifier: marked(marker) }
}

export const keyOf = (resource: Json): string => `${String(resource['resourceType'])}/${String(resource['id'])}`
