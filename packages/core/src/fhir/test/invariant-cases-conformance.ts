import type { Resource } from '../index.js'
import type { InvariantCases } from './invariant-cases.js'

const conceptMap = (target: object): Resource => ({
  resourceType: 'ConceptMap',
  status: 'draft',
  sourceUri: 'urn:a',
  targetUri: 'urn:b',
  element: [{ target: [target] }],
})
const ofType = (type: string, more: object = {}): object => ({ type, interaction: [{ code: 'read' }], ...more })
const serving = (mode: string): object => ({ mode, resource: [ofType('Patient')] })
const conformance = (more: object): Resource => ({
  resourceType: 'Conformance',
  status: 'draft',
  date: '2020',
  kind: 'instance',
  description: 'a',
  fhirVersion: '1.0.2',
  acceptUnknown: 'no',
  format: ['json'],
  rest: [serving('server')],
  ...more,
})
const document = (mode: string, reference: string): object => ({ mode, profile: { reference } })
const rest = (...resource: object[]): Resource => conformance({ rest: [{ mode: 'server', resource }] })
const element = (more: object): Resource => ({ resourceType: 'DataElement', status: 'draft', element: [{ path: 'a', ...more }] })
const naming = (more: object, ...ids: object[]): Resource => ({
  resourceType: 'NamingSystem',
  name: 'a',
  status: 'draft',
  kind: 'codesystem',
  date: '2020',
  uniqueId: ids.length > 0 ? ids : [{ type: 'uri', value: 'urn:a' }],
  ...more,
})
const operation = (more: object): Resource => ({
  resourceType: 'OperationDefinition',
  name: 'a',
  status: 'draft',
  kind: 'operation',
  code: 'a',
  system: true,
  instance: false,
  parameter: [{ name: 'a', use: 'in', min: 0, max: '1', ...more }],
})
const parameter = (more: object): Resource => ({
  resourceType: 'SearchParameter',
  url: 'urn:a',
  name: 'a',
  code: 'a',
  base: 'Patient',
  type: 'string',
  description: 'a',
  ...more,
})
const url = 'http://hl7.org/fhir/StructureDefinition/a'
const defined = (path: string, more: object = {}): object => ({ path, definition: 'a', min: 0, max: '1', ...more })
const structure = (more: object): Resource => ({
  resourceType: 'StructureDefinition',
  id: 'a',
  url,
  name: 'a',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  base: 'urn:b',
  snapshot: { element: [defined('Patient')] },
  ...more,
})
const snapshot = (...list: object[]): object => ({ snapshot: { element: list } })
const script = (more: object): Resource => ({
  resourceType: 'TestScript',
  url: 'urn:a',
  name: 'a',
  status: 'draft',
  ...more,
})
const capability = (more: object): object => ({ capability: [{ conformance: { reference: 'Conformance/1' }, ...more }] })
const setup = (...action: object[]): Resource => script({ setup: { action } })
const tests = (...action: object[]): Resource => script({ test: [{ action }] })
const teardown = (...action: object[]): Resource => script({ teardown: { action } })
const target = { operation: { targetId: 'a' } }
const aimless = { operation: { label: 'a' } }
const valueSet = (more: object): Resource => ({ resourceType: 'ValueSet', status: 'draft', ...more })
const system = (...concept: object[]): object => ({ codeSystem: { system: 'urn:s', concept } })
const expansion = (contains: object): Resource => valueSet({ expansion: { identifier: 'urn:e', timestamp: '2020', contains: [contains] } })

/** What describes other content. */
export const conformanceCases: InvariantCases = {
  'ConceptMap.element.target cmd-1': [conceptMap({ equivalence: 'narrower', comments: 'a' }), conceptMap({ equivalence: 'inexact' })],
  'Conformance cnf-1': [conformance({}), conformance({ rest: undefined })],
  'Conformance cnf-14': [conformance({ software: { name: 'a' } }), conformance({ kind: 'requirements', software: { name: 'a' } })],
  'Conformance cnf-15': [
    conformance({ implementation: { description: 'a' } }),
    conformance({ kind: 'capability', implementation: { description: 'a' } }),
  ],
  'Conformance cnf-2': [conformance({}), conformance({ description: undefined })],
  'Conformance cnf-3': [conformance({ messaging: [messagingAt()] }), conformance({ kind: 'requirements', messaging: [messagingAt()] })],
  'Conformance cnf-7': [
    conformance({ document: [document('producer', 'StructureDefinition/a'), document('consumer', 'StructureDefinition/a')] }),
    conformance({ document: [document('producer', 'StructureDefinition/a'), document('producer', 'StructureDefinition/a')] }),
  ],
  'Conformance cnf-8': [
    conformance({ rest: [serving('server'), serving('client')] }),
    conformance({ rest: [serving('server'), serving('server')] }),
  ],
  'Conformance.rest cnf-9': [rest(ofType('Patient'), ofType('Group')), rest(ofType('Patient'), ofType('Patient'))],
  'Conformance.rest.resource cnf-12': [
    rest(ofType('Patient', { searchParam: [{ name: 'a', type: 'string' }] })),
    rest(ofType('Patient', { searchParam: [1, 2].map(() => ({ name: 'a', type: 'string' })) })),
  ],
  'Conformance.rest.resource.searchParam cnf-13': [
    rest(ofType('Patient', { searchParam: [{ name: 'a', type: 'reference', chain: ['b'] }] })),
    rest(ofType('Patient', { searchParam: [{ name: 'a', type: 'string', chain: ['b'] }] })),
  ],
  'DataElement.element dae-1': [element({}), element({ base: { path: 'a', min: 0, max: '1' } })],
  'DataElement.element dae-2': [element({}), element({ slicing: { description: 'a', rules: 'open' } })],
  'NamingSystem nsd-1': [naming({ kind: 'root' }, { type: 'oid', value: '1.2' }), naming({ kind: 'root' }, { type: 'uuid', value: 'a' })],
  'NamingSystem nsd-2': [
    naming({}, { type: 'uri', value: 'a', preferred: true }, { type: 'uri', value: 'b' }),
    naming({}, { type: 'uri', value: 'a', preferred: true }, { type: 'uri', value: 'b', preferred: true }),
  ],
  'NamingSystem nsd-3': [
    naming({ status: 'retired', replacedBy: { reference: 'NamingSystem/2' } }),
    naming({ status: 'active', replacedBy: { reference: 'NamingSystem/2' } }),
  ],
  'OperationDefinition.parameter opd-1': [operation({ type: 'string' }), operation({})],
  'SearchParameter spd-1': [parameter({ xpath: 'a', xpathUsage: 'normal' }), parameter({ xpath: 'a' })],
  'StructureDefinition sdf-1': [
    structure(snapshot(defined('Patient'), defined('Patient.b'))),
    structure(snapshot(defined('Patient'), defined('Patient.b'), defined('Patient.b'))),
  ],
  'StructureDefinition sdf-10': [
    structure({ constrainedType: 'Patient', ...snapshot(based('Patient')) }),
    structure({ constrainedType: 'Patient', base: undefined, snapshot: undefined, differential: { element: [defined('Patient')] } }),
  ],
  'StructureDefinition sdf-11': [
    structure({ constrainedType: 'Patient', ...snapshot(based('Patient')) }),
    structure({ constrainedType: 'Group', ...snapshot(based('Patient')) }),
  ],
  'StructureDefinition sdf-12': [
    structure({ abstract: true, base: undefined }),
    structure({ abstract: true, base: undefined, ...snapshot(based('Patient')) }),
  ],
  'StructureDefinition sdf-13': [
    structure({ constrainedType: 'Patient', ...snapshot(based('Patient')) }),
    structure({ constrainedType: 'Patient', ...snapshot(defined('Patient')) }),
  ],
  'StructureDefinition sdf-4': [structure({ abstract: true, base: undefined }), structure({ base: undefined })],
  'StructureDefinition sdf-5': [
    structure({ constrainedType: 'Extension', contextType: 'resource', context: ['Patient'], ...snapshot(based('Extension')) }),
    structure({ constrainedType: 'Extension', ...snapshot(based('Extension')) }),
  ],
  'StructureDefinition sdf-6': [
    structure({ snapshot: undefined, differential: { element: [defined('Patient')] } }),
    structure({ snapshot: undefined }),
  ],
  'StructureDefinition sdf-7': [structure({}), structure({ url: 'http://example.org/a' })],
  'StructureDefinition sdf-8': [
    structure(snapshot(defined('Patient'), defined('Patient.b'))),
    structure(snapshot(defined('Patient'), defined('Patients.b'))),
  ],
  'StructureDefinition sdf-9': [
    structure(snapshot(defined('Patient'), defined('Patient.b', { label: 'a' }))),
    structure(snapshot(defined('Patient', { label: 'a' }))),
  ],
  'StructureDefinition.mapping sdf-2': [
    structure({ mapping: [{ identity: 'a', name: 'a' }] }),
    structure({ mapping: [{ identity: 'a' }] }),
  ],
  'StructureDefinition.snapshot sdf-3': [structure({}), structure(snapshot({ path: 'Patient', min: 0, max: '1' }))],
  'TestScript.metadata inv-5': [
    script({ metadata: capability({ required: true }) }),
    script({ metadata: capability({ description: 'a' }) }),
  ],
  'TestScript.setup.action inv-1': [setup(target), setup({ ...target, assert: { path: 'a' } })],
  'TestScript.setup.action.assert inv-13': [
    setup({ assert: { compareToSourceId: 'a', compareToSourcePath: 'a' } }),
    setup({ assert: { compareToSourceId: 'a' } }),
  ],
  'TestScript.setup.action.assert inv-8': [
    setup({ assert: { contentType: 'json' } }),
    setup({ assert: { contentType: 'json', responseCode: '200' } }),
  ],
  'TestScript.setup.action.operation inv-10': [setup(target), setup(aimless)],
  'TestScript.setup.metadata inv-6': [
    script({ setup: { metadata: capability({ validated: true }), action: [target] } }),
    script({ setup: { metadata: capability({ description: 'a' }), action: [target] } }),
  ],
  'TestScript.teardown.action inv-3': [teardown(target), teardown({ id: 'a' })],
  'TestScript.teardown.action.operation inv-12': [
    teardown({ operation: { params: 'a', resource: 'Patient' } }),
    teardown({ operation: { params: 'a' } }),
  ],
  'TestScript.test.action inv-2': [tests(target), tests({ ...target, assert: { path: 'a' } })],
  'TestScript.test.action.assert inv-14': [
    tests({ assert: { compareToSourceId: 'a', compareToSourcePath: 'a' } }),
    tests({ assert: { compareToSourcePath: 'a' } }),
  ],
  'TestScript.test.action.assert inv-9': [tests({ assert: { path: 'a' } }), tests({ assert: { path: 'a', minimumId: 'a' } })],
  'TestScript.test.action.operation inv-11': [tests({ operation: { type: { code: 'search' } } }), tests(aimless)],
  'TestScript.test.metadata inv-7': [
    script({ test: [{ metadata: capability({ required: true }), action: [target] }] }),
    script({ test: [{ metadata: capability({ description: 'a' }), action: [target] }] }),
  ],
  'TestScript.variable inv-4': [
    script({ variable: [{ name: 'a', path: 'a' }] }),
    script({ variable: [{ name: 'a', path: 'a', headerField: 'a' }] }),
  ],
  'ValueSet vsd-2': [
    valueSet({ compose: { import: ['urn:a'], exclude: [{ system: 'urn:b' }] } }),
    valueSet({ compose: { import: ['urn:a'] } }),
  ],
  'ValueSet vsd-5': [valueSet(system({ code: 'a' })), valueSet({ name: 'a' })],
  'ValueSet vsd-7': [valueSet({ url: 'urn:v', ...system({ code: 'a' }) }), valueSet({ url: 'urn:s', ...system({ code: 'a' }) })],
  'ValueSet.codeSystem vsd-3': [
    valueSet(system({ code: 'a', concept: [{ code: 'b' }] })),
    valueSet(system({ code: 'a', concept: [{ code: 'a' }] })),
  ],
  'ValueSet.codeSystem vsd-8': [valueSet(system({ code: 'a' }, { code: 'b' })), valueSet(system({ code: 'a' }, { code: 'a' }))],
  'ValueSet.compose vsd-1': [
    valueSet({ compose: { include: [{ system: 'urn:a' }] } }),
    valueSet({ compose: { exclude: [{ system: 'urn:a' }] } }),
  ],
  'ValueSet.compose.include vsd-11': [
    valueSet({ compose: { include: [{ system: 'urn:a', concept: [{ code: 'a' }] }] } }),
    valueSet({
      compose: { include: [{ system: 'urn:a', concept: [{ code: 'a' }], filter: [{ property: 'a', op: '=', value: 'a' }] }] },
    }),
  ],
  'ValueSet.expansion.contains vsd-10': [expansion({ system: 'urn:a', code: 'a' }), expansion({ code: 'a' })],
  'ValueSet.expansion.contains vsd-6': [expansion({ display: 'a', abstract: true }), expansion({ abstract: true })],
  'ValueSet.expansion.contains vsd-9': [expansion({ display: 'a', abstract: true }), expansion({ display: 'a' })],
}

function messagingAt(): object {
  return {
    endpoint: [{ protocol: { code: 'http' }, address: 'urn:a' }],
    event: [
      {
        code: { code: 'a' },
        mode: 'sender',
        focus: 'Patient',
        request: { reference: 'StructureDefinition/a' },
        response: { reference: 'StructureDefinition/a' },
      },
    ],
  }
}

function based(path: string): object {
  return defined(path, { base: { path, min: 0, max: '1' } })
}
