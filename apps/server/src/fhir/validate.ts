import {
  isId,
  isObject,
  isResourceType,
  operationOutcome,
  validate,
  validateAndRepair,
  type OutcomeIssue,
  type Resource,
} from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../access/index.js'
import { parseBody } from './parse.js'
import { repairIssues } from './repaired.js'
import type { FhirRequest } from './systems.js'

/** What is asked about: the address, and what the resource would be sent for. */
export interface ValidateKey {
  type: string
  /** null: asked of the type */
  id: string | null
  mode: string | null
}

const modes: ReadonlySet<string> = new Set(['create', 'update', 'delete'])

/**
 * `$validate`: all that is wrong with a resource, as an OperationOutcome. Stores nothing and looks at nothing that is stored, so it tells
 * nobody of what is there.
 */
export async function validateOnly(request: FhirRequest, key: ValidateKey, body: string): Promise<Resource | Refusal> {
  if (!isResourceType(key.type)) return noSuchType()
  const forbidden = mayTouchType(request.grant, 'write', key.type)
  if (forbidden !== null) return forbidden
  const sent = body === '' && key.mode === 'delete' ? null : await parseBody(body)
  if (isRefusal(sent)) return sent
  const input = inputOf(sent, key)
  if (isRefusal(input)) return input
  const { resource, mode, profile } = input
  if (mode !== null && !modes.has(mode)) return refuse('bad-parameter', { detail: 'mode is create, update or delete.', parameter: 'mode' })
  const issues: OutcomeIssue[] = profile
    ? [{ severity: 'warning', code: 'not-supported', message: 'Profiles are not checked: this is validation against DSTU2 itself.' }]
    : []
  if (mode === 'delete') {
    const message = 'No content is needed for a delete; whether it may be done is decided when it is asked for.'
    return operationOutcome([...issues, { severity: 'information', code: 'informational', message }])
  }
  if (resource !== null && mode === 'create') delete resource.id
  if (resource === null) return refuse('invalid', { detail: 'Send the resource itself, or Parameters with the parameter resource.' })
  return operationOutcome([...issues, ...addressIssues(resource, { ...key, mode }), ...contentIssues(resource, request.strict)])
}

interface Input {
  resource: Resource | null
  mode: string | null
  profile: boolean
}

/** The resource itself, or Parameters that hold it with a mode and a profile. */
function inputOf(sent: Resource | null, { type, mode }: ValidateKey): Input | Refusal {
  const list: unknown = sent?.resourceType === 'Parameters' ? sent['parameter'] : undefined
  const parameters = Array.isArray(list) ? list.filter(isObject) : []
  const named = (name: string) => parameters.find((parameter) => parameter['name'] === name)
  const isInput = sent?.resourceType === 'Parameters' && (type !== 'Parameters' || named('resource') !== undefined)
  if (!isInput) return { resource: sent, mode, profile: false }
  const resource = named('resource')?.['resource']
  if (resource !== undefined && (!isObject(resource) || typeof resource['resourceType'] !== 'string'))
    return refuse('invalid', { detail: 'The parameter resource holds no resource.' })
  const said = named('mode')?.['valueCode']
  return {
    resource: (resource as Resource | undefined) ?? null,
    mode: typeof said === 'string' ? said : mode,
    profile: named('profile') !== undefined,
  }
}

function addressIssues(resource: Resource, { type, id, mode }: ValidateKey): OutcomeIssue[] {
  const issues: OutcomeIssue[] = []
  const wrong = (message: string): unknown => issues.push({ severity: 'error', code: 'invalid', path: resource.resourceType, message })
  if (resource.resourceType !== type) wrong(`the resourceType has to be the type in the address, ${type}`)
  if (id !== null && !isId(id)) wrong('the id in the address is none')
  else if (id !== null && resource.id !== id) wrong('the id in the resource has to be the id in the address')
  else if (mode === 'update' && resource.id === undefined) wrong('an update needs the id in the resource')
  return issues
}

/** What would refuse it; what would be mended, as a warning, or an error for who is strict; what the specification only advises. */
function contentIssues(resource: Resource, strict: boolean): OutcomeIssue[] {
  const first = validate(resource, { warnings: true })
  if (strict || first.every((issue) => issue.severity !== 'error')) return first
  const { issues, repairs } = validateAndRepair(resource)
  const warnings = issues.length > 0 ? [] : validate(resource, { warnings: true })
  return [...issues, ...repairIssues(repairs, 'warning'), ...warnings]
}
