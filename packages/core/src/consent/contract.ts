import { isFhirId, uuidOfUrn } from '../id/index.js'
import { periodBounds } from '../time/index.js'
import { isConsentStatus, type ConsentStatus } from './decide.js'

export const consentTypeSystem = 'urn:aquifer:consent-type'
export const consentStatusUrl = 'urn:aquifer:consent-status'
export const formVersionUrl = 'urn:aquifer:form-version'
export const studyIdUrl = 'urn:aquifer:study-id'

/** What a Contract says about consent, as far as it is one. */
export interface ConsentStatement {
  patientId: string
  types: string[]
  status: ConsentStatus
  lo: number | null
  hi: number | null
  /** version of the form it was given under, where the Contract says it */
  form?: string
}

interface Json {
  readonly [key: string]: unknown
}
const list = (value: unknown): Json[] =>
  Array.isArray(value) ? (value as unknown[]).filter((item): item is Json => typeof item === 'object' && item !== null) : []
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

function extensionValue(resource: Json, url: string): string | null {
  for (const extension of list(resource['extension'])) {
    if (extension['url'] !== url) continue
    const value = extension['valueString'] ?? extension['valueCode'] ?? extension['valueUri'] ?? extension['valueId']
    if (typeof value === 'string') return value
  }
  return null
}

function patientIdOf(reference: unknown): string | null {
  if (typeof reference !== 'string') return null
  const match = /^(?:https?:\/\/[^\s]+\/)?Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(reference)
  const id = match?.[1] ?? uuidOfUrn(reference)
  return id !== null && id !== undefined && isFhirId(id) ? id : null
}

/**
 * The consent a Contract stands for; null when it is a plain resource (no consent-type) and a sentence when it means to be a
 * consent and cannot be read as one.
 */
export function readConsentContract(resource: Json, zone: string): ConsentStatement | string | null {
  const types = list(objectOf(resource['type'])['coding'])
    .filter((coding) => coding['system'] === consentTypeSystem)
    .map((coding) => coding['code'])
    .filter((code): code is string => typeof code === 'string')
  if (types.length === 0) return null
  const subjects = list(resource['subject'])
  const patients = [...new Set(subjects.map((subject) => patientIdOf(subject['reference'])).filter((id): id is string => id !== null))]
  const [patientId, another] = patients
  if (patientId === undefined || another !== undefined) return 'a consent names exactly one Patient as its subject'
  const status = extensionValue(resource, consentStatusUrl)
  if (status === null || !isConsentStatus(status)) return `a consent carries ${consentStatusUrl} with one of its statuses`
  const bounds = resource['applies'] === undefined ? { lo: null, hi: null } : periodBounds(objectOf(resource['applies']), zone)
  if (bounds === null) return 'the period in which the consent applies cannot be read'
  const form = extensionValue(resource, formVersionUrl)
  return { patientId, types, status, lo: bounds.lo, hi: bounds.hi, ...(form === null ? {} : { form: form.slice(0, 64) }) }
}

/** A Contract that records one consent of one person in one study. */
export function writeConsentContract(consent: {
  id?: string
  patientId: string
  study: string
  type: string
  status: ConsentStatus
  start: string
  end?: string
  /** version of the form that was shown */
  form?: string
  /** who decided: a reference, and the name he gave */
  signer?: { reference: string; name: string }
}): Record<string, unknown> {
  return {
    resourceType: 'Contract',
    ...(consent.id === undefined ? {} : { id: consent.id }),
    extension: [
      { url: consentStatusUrl, valueString: consent.status },
      { url: studyIdUrl, valueString: consent.study },
      ...(consent.form === undefined ? [] : [{ url: formVersionUrl, valueString: consent.form }]),
    ],
    applies: { start: consent.start, ...(consent.end === undefined ? {} : { end: consent.end }) },
    subject: [{ reference: `Patient/${consent.patientId}` }],
    type: { coding: [{ system: consentTypeSystem, code: consent.type }] },
    ...(consent.signer === undefined ? {} : { issued: consent.start, signer: [signerOf(consent.signer)] }),
  }
}

const signerOf = ({ reference, name }: { reference: string; name: string }): Record<string, unknown> => ({
  type: { system: 'http://hl7.org/fhir/contractsignertypecodes', code: '1.2.840.10065.1.12.1.7', display: 'Consent' },
  party: { reference, display: name },
  signature: name,
})
