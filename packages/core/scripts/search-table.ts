import type { SearchParameter } from './definitions.js'

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
  'Bundle.composition': [],
  'Bundle.message': [],
}
const extensionValues = ['valueCodeableConcept', 'valueCoding', 'valueString', 'valueCode']

/** One line per parameter: name, type, `|`-separated paths or `-`, `|`-separated targets; grouped under `Type` header lines. */
export function searchLines(parameters: SearchParameter[]): string[] {
  const bases = [...new Set(parameters.map((parameter) => parameter.base))].filter((base) => base !== 'Resource').toSorted()
  return bases.flatMap((base) => [base, ...new Set(parameters.filter((parameter) => parameter.base === base).map(line))])
}

function line(parameter: SearchParameter): string {
  const paths = pathsOf(parameter).join('|') || '-'
  const fields = [parameter.code, parameter.type, paths]
  const targets = targetsOf(parameter)
  if (targets.length > 0) fields.push(targets.join('|'))
  return ` ${fields.join(' ')}`
}

// The definitions repeat the element's targets on `patient`; its description says it finds patients only.
function targetsOf(parameter: SearchParameter): string[] {
  const targets = parameter.target ?? []
  return parameter.code === 'patient' && targets.includes('Patient') ? ['Patient'] : targets
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
