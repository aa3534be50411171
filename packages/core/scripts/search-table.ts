import type { Definitions, ElementDefinition, SearchParameter } from './definitions.js'

const argoRace = 'http://fhir.org/guides/argonaut/StructureDefinition/argo-'
const raceUrls = (kind: string): string[] => [
  `extension[url=http://hl7.org/fhir/StructureDefinition/us-core-${kind}].valueCodeableConcept`,
  `extension[url=http://hl7.org/fhir/us/core/StructureDefinition/us-core-${kind}].valueCodeableConcept`,
  `extension[url=${argoRace}${kind}].extension[url=ombCategory].valueCoding`,
]

// Where the definitions give no path, or one that does not reach the value, and the specification's text says which is meant.
const overrides: Record<string, string[]> = {
  'FamilyMemberHistory.condition': ['condition.code'],
  'FamilyMemberHistory.relationship': ['relationship'],
  'Condition.age': ['onsetQuantity'],
  'Condition.onset': ['onsetDateTime', 'onsetPeriod'],
  'Condition.onset-info': ['onsetString'],
  'Patient.race': raceUrls('race'),
  'Patient.ethnicity': raceUrls('ethnicity'),
  'Bundle.composition': ['entry.resource'],
  'Bundle.message': ['entry.resource'],
}
const extensionValues = ['valueCodeableConcept', 'valueCoding', 'valueString', 'valueCode']

// One element, several parameters: the description of each says that it finds references to one type only, the definitions repeat all.
const onlyTarget: Readonly<Record<string, string>> = {
  patient: 'Patient',
  practitioner: 'Practitioner',
  location: 'Location',
  relatedperson: 'RelatedPerson',
}

/**
 * One line per parameter: name, type, `|`-separated paths or `-`, and `|`-separated targets of a reference or the code systems that a
 * token over `code` elements implies; grouped under `Type` header lines.
 */
export function searchLines({ searchParameters, resources, types, valueSets }: Definitions): string[] {
  const elements = new Map([...resources, ...types].flatMap(({ snapshot }) => snapshot.element.map((each) => [each.path, each] as const)))
  const sets = new Map(valueSets.map((set) => [set.url, set]))
  const systemsAt = (path: string): string[] => {
    const binding = elementAt(elements, path)?.binding
    const set = sets.get(binding?.valueSetReference?.reference ?? binding?.valueSetUri ?? '')
    const included = set?.compose?.include?.map(({ system }) => system) ?? []
    return [set?.codeSystem?.system, ...included].filter((system) => system !== undefined)
  }
  const bases = [...new Set(searchParameters.map((parameter) => parameter.base))].filter((base) => base !== 'Resource').toSorted()
  return bases.flatMap((base) => [
    base,
    ...new Set(searchParameters.filter((parameter) => parameter.base === base).map((parameter) => line(parameter, elements, systemsAt))),
  ])
}

type Elements = ReadonlyMap<string, ElementDefinition>

function line(parameter: SearchParameter, elements: Elements, systemsAt: (path: string) => string[]): string {
  const paths = pathsOf(parameter)
  const fields = [parameter.code, parameter.type, paths.join('|') || '-']
  const targets = targetsOf(parameter)
  if (targets.length > 0) fields.push(targets.join('|'))
  if (parameter.type === 'token') {
    const full = paths.map((path) => `${parameter.base}.${path}`)
    const isCode = (path: string): boolean => elementAt(elements, path)?.type?.some(({ code }) => code === 'code') === true
    const systems = new Set(full.filter(isCode).flatMap(systemsAt))
    if (systems.size > 0) fields.push([...systems].join('|'))
  }
  return ` ${fields.join(' ')}`
}

/** The element at a path, which may run from a resource into a data type: Patient.address.use. */
function elementAt(elements: Elements, path: string): ElementDefinition | undefined {
  const found = elements.get(path)
  const [root, first, ...rest] = path.split('.')
  if (found || rest.length === 0) return found
  const type = elements.get(`${root}.${first}`)?.type?.[0]?.code
  return type === undefined ? undefined : elements.get([type, ...rest].join('.'))
}

function targetsOf(parameter: SearchParameter): string[] {
  if (parameter.base === 'Bundle')
    return parameter.type !== 'reference' ? [] : [parameter.code === 'message' ? 'MessageHeader' : 'Composition']
  const targets = parameter.target ?? []
  const only = onlyTarget[parameter.code]
  return only !== undefined && targets.includes(only) ? [only] : targets
}

function pathsOf(parameter: SearchParameter): string[] {
  const override = overrides[`${parameter.base}.${parameter.code}`]
  if (override) return override
  if (!parameter.xpath) return []
  return parameter.xpath.split(' | ').flatMap((xpath) => {
    const path = xpath
      .slice(`f:${parameter.base}/`.length)
      .replaceAll(/\[(?:@)?(\w+)(?:\/@value)?='([^']+)'\]/g, '[$1=$2]')
      .replaceAll(/(^|\/)f:/g, (_match, before: string) => (before ? '.' : ''))
    return path.includes('extension[') ? extensionValues.map((value) => `${path}.${value}`) : [path]
  })
}
