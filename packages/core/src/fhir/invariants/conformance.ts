import type { JsonObject } from '../resource.js'
import { all, any, areUnique, atLeastOne, atMostOne, each, every, given, implies, is, not, notBoth, some, uniqueIn } from './conditions.js'
import type { Holds } from './conditions.js'
import type { Translations } from './translation.js'

const xor =
  (one: string, other: string): Holds =>
  (element, within) =>
    given(one)(element, within) !== given(other)(element, within)

const documentsAreUnique =
  (mode: string): Holds =>
  (conformance) =>
    areUnique(
      each(conformance, 'document')
        .filter((document) => document['mode'] === mode)
        .flatMap((document) => each(document, 'profile').map((profile) => profile['reference'])),
    )

/** Codes of a code system, at any depth. */
function conceptCodes(holder: JsonObject): unknown[] {
  return each(holder, 'concept').flatMap((concept) => [concept['code'], ...conceptCodes(concept)])
}
const codesAreUnique: Holds = (codeSystem) => areUnique(conceptCodes(codeSystem))

const elementsOf = (structure: JsonObject): readonly JsonObject[] =>
  ['snapshot', 'differential'].flatMap((view) => each(structure, view).flatMap((part) => [...each(part, 'element')]))
const snapshotOf = (structure: JsonObject): readonly JsonObject[] =>
  each(structure, 'snapshot').flatMap((part) => [...each(part, 'element')])
const pathOf = (element: JsonObject | undefined): string => (typeof element?.['path'] === 'string' ? element['path'] : '')

function pathsBeginAlike(structure: JsonObject): boolean {
  return ['snapshot', 'differential'].every((view) =>
    each(structure, view).every((part) => {
      const [first, ...others] = each(part, 'element')
      const start = `${pathOf(first)}.`
      return others.every((element) => pathOf(element).startsWith(start))
    }),
  )
}

const isRoot = (element: JsonObject): boolean => !pathOf(element).includes('.')
const labelled = atLeastOne('label', 'code', 'requirements')
const isAbstract = is('abstract', true)

function preferredIsOne(namingSystem: JsonObject): boolean {
  return areUnique(
    each(namingSystem, 'uniqueId')
      .filter((id) => id['preferred'] === true)
      .map((id) => id['type']),
  )
}

const withoutSource = new Set<unknown>(['conformance', 'search', 'transaction', 'history'])
const namesItself: Holds = (operation) => each(operation, 'type').some((type) => withoutSource.has(type['code']))
const operationTargets: Holds = any(
  given('sourceId'),
  all(atLeastOne('targetId', 'url', 'params'), atMostOne('targetId', 'url', 'params')),
  namesItself,
)
const oneAssertion = atMostOne(
  'contentType',
  'headerField',
  'minimumId',
  'navigationLinks',
  'path',
  'resource',
  'responseCode',
  'response',
  'validateProfileId',
)
const comparesWhole: Holds = (assert, within) => given('compareToSourceId')(assert, within) === given('compareToSourcePath')(assert, within)
const capabilitySaid = some('capability', atLeastOne('required', 'validated'))

/** What describes other content. */
export const conformanceInvariants: Translations = {
  'ConceptMap.element.target cmd-1': { holds: any(given('comments'), not(is('equivalence', 'narrower', 'inexact'))) },
  'Conformance cnf-1': { holds: atLeastOne('rest', 'messaging', 'document') },
  'Conformance cnf-14': { holds: notBoth(atLeastOne('software', 'implementation'), is('kind', 'requirements')) },
  'Conformance cnf-15': { holds: notBoth(given('implementation'), is('kind', 'capability')) },
  'Conformance cnf-2': { holds: atLeastOne('software', 'implementation', 'description') },
  'Conformance cnf-3': { holds: implies(some('messaging', given('endpoint')), is('kind', 'instance')) },
  'Conformance cnf-7': { holds: all(documentsAreUnique('producer'), documentsAreUnique('consumer')) },
  'Conformance cnf-8': { holds: uniqueIn('rest', 'mode') },
  'Conformance.rest cnf-9': { holds: uniqueIn('resource', 'type') },
  'Conformance.rest.resource cnf-12': { holds: uniqueIn('searchParam', 'name') },
  'Conformance.rest.resource.searchParam cnf-13': { holds: any(not(given('chain')), is('type', 'reference')) },
  'DataElement.element dae-1': { holds: not(given('base')) },
  'DataElement.element dae-2': { holds: not(given('slicing')) },
  'NamingSystem nsd-1': { holds: notBoth(is('kind', 'root'), some('uniqueId', is('type', 'uuid', 'ruid'))) },
  'NamingSystem nsd-2': { holds: preferredIsOne },
  'NamingSystem nsd-3': { holds: any(not(given('replacedBy')), is('status', 'retired')) },
  'OperationDefinition.parameter opd-1': { holds: atLeastOne('type', 'part') },
  'SearchParameter spd-1': { holds: implies(given('xpath'), given('xpathUsage')) },
  'StructureDefinition sdf-1': {
    holds: any(given('constrainedType'), (structure) => areUnique(snapshotOf(structure).map((element) => element['path']))),
  },
  'StructureDefinition sdf-10': { holds: any(isAbstract, not(given('constrainedType')), given('base')) },
  'StructureDefinition sdf-11': {
    holds: any(
      not(given('constrainedType')),
      not(given('snapshot')),
      (structure) => pathOf(snapshotOf(structure)[0]) === structure['constrainedType'],
    ),
  },
  'StructureDefinition sdf-12': { holds: any(given('base'), (structure) => !elementsOf(structure).some((element) => 'base' in element)) },
  'StructureDefinition sdf-13': {
    holds: any(not(given('constrainedType')), (structure) => snapshotOf(structure).every((element) => 'base' in element)),
  },
  'StructureDefinition sdf-4': { holds: any(isAbstract, given('base')) },
  'StructureDefinition sdf-5': {
    holds: any(not(is('constrainedType', 'Extension')), all(given('context'), given('contextType'))),
    reading: 'The XPath asks for `extension`, while the code is `Extension`, so it never fails as published.',
  },
  'StructureDefinition sdf-6': { holds: atLeastOne('snapshot', 'differential') },
  'StructureDefinition sdf-7': {
    holds: any(
      given('constrainedType'),
      (structure) =>
        typeof structure['id'] === 'string' && structure['url'] === `http://hl7.org/fhir/StructureDefinition/${structure['id']}`,
    ),
  },
  'StructureDefinition sdf-8': { holds: pathsBeginAlike },
  'StructureDefinition sdf-9': {
    holds: (structure, within) => !elementsOf(structure).some((element) => isRoot(element) && labelled(element, within)),
  },
  'StructureDefinition.mapping sdf-2': { holds: atLeastOne('uri', 'name') },
  'StructureDefinition.snapshot sdf-3': { holds: every('element', all(given('definition'), given('min'), given('max'))) },
  'TestScript.metadata inv-5': { holds: capabilitySaid },
  'TestScript.setup.action inv-1': { holds: xor('operation', 'assert') },
  'TestScript.setup.action.assert inv-13': { holds: comparesWhole },
  'TestScript.setup.action.assert inv-8': { holds: oneAssertion },
  'TestScript.setup.action.operation inv-10': { holds: operationTargets },
  'TestScript.setup.metadata inv-6': { holds: capabilitySaid },
  'TestScript.teardown.action inv-3': { holds: given('operation') },
  'TestScript.teardown.action.operation inv-12': {
    holds: any(
      given('sourceId'),
      all(any(atLeastOne('targetId', 'url'), all(given('params'), given('resource'))), atMostOne('targetId', 'url', 'params')),
      namesItself,
    ),
  },
  'TestScript.test.action inv-2': { holds: xor('operation', 'assert') },
  'TestScript.test.action.assert inv-14': { holds: comparesWhole },
  'TestScript.test.action.assert inv-9': { holds: oneAssertion },
  'TestScript.test.action.operation inv-11': { holds: operationTargets },
  'TestScript.test.metadata inv-7': { holds: capabilitySaid },
  'TestScript.variable inv-4': { holds: notBoth(given('headerField'), given('path')) },
  'ValueSet vsd-2': {
    holds: any(
      not(some('compose', (compose) => Array.isArray(compose['import']) && compose['import'].length === 1)),
      some('compose', atLeastOne('include', 'exclude')),
      given('codeSystem'),
    ),
  },
  'ValueSet vsd-5': { holds: atLeastOne('codeSystem', 'compose', 'expansion') },
  'ValueSet vsd-7': {
    holds: (valueSet) => valueSet['url'] === undefined || !each(valueSet, 'codeSystem').some(({ system }) => system === valueSet['url']),
  },
  'ValueSet.codeSystem vsd-3': { holds: codesAreUnique },
  'ValueSet.codeSystem vsd-8': { holds: codesAreUnique },
  'ValueSet.compose vsd-1': { holds: atLeastOne('include', 'import') },
  'ValueSet.compose.include vsd-11': { holds: notBoth(given('concept'), given('filter')) },
  'ValueSet.expansion.contains vsd-10': { holds: any(given('system'), not(given('code'))) },
  'ValueSet.expansion.contains vsd-6': { holds: atLeastOne('code', 'display') },
  'ValueSet.expansion.contains vsd-9': { holds: any(given('code'), is('abstract', true)) },
}
