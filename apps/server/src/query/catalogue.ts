import type { Catalogue, CatalogueColumn, CatalogueTable } from '@aquifer/core/contract'
import { phiClasses } from '@aquifer/core/fhir'
import { builtInPolicies, policyLabel, treatmentsOf, yearsOnly, type PhiClass, type Policy } from '@aquifer/core/masking'
import type { QueryFile } from './file-tables.js'
import { nestedColumns, nestedTypeSql, type ReservoirManifest } from '../reservoir/index.js'
import { flatTable, maskingOf } from '../view/index.js'
import { flatColumns, studyTables, type StudyTable } from './tables.js'

/** The tables of a study's snapshot with what masking did to each column. */
export function catalogueOf(
  study: { id: string; masking: string },
  manifest: ReservoirManifest | null,
  files: readonly QueryFile[],
): Catalogue {
  if (manifest === null) {
    return { study: study.id, snapshot: null, maskingPolicy: study.masking, people: 0, resources: 0, tables: files.map(fileTable) }
  }
  const policy = Object.values(builtInPolicies).find((each) => policyLabel(each) === manifest.maskingPolicy) ?? null
  const types = Object.values(manifest.types)
  return {
    study: study.id,
    snapshot: manifest.snapshot,
    maskingPolicy: manifest.maskingPolicy,
    consentEpoch: manifest.consentEpoch,
    people: manifest.types['Patient']?.rows ?? Math.max(0, ...types.map(({ people }) => people)),
    resources: types.reduce((sum, { rows }) => sum + rows, 0),
    tables: [...studyTables(manifest).map((table) => describe(table, policy)), ...files.map(fileTable)],
  }
}

/** What its columns are is known only when it is read. */
const fileTable = ({ name }: QueryFile): CatalogueTable => ({
  name,
  kind: 'file',
  rows: null,
  description: 'file of the study, as it was uploaded',
  columns: [],
})

function describe(table: StudyTable, policy: Policy | null): CatalogueTable {
  const { name, kind, rows, title } = table
  return {
    name,
    kind,
    rows,
    description: title,
    columns: kind === 'flat' ? flatDescription(table, policy) : nestedDescription(table, policy),
  }
}

function flatDescription({ type }: StudyTable, policy: Policy | null): CatalogueColumn[] {
  const table = flatTable(type)
  const said = maskingOf(table)
  return flatColumns(table).map(({ name, type: of }) => {
    const { masking = 'kept', description = '' } = said.get(name) ?? {}
    return { name, type: of, masking: flatWords(masking, policy), description }
  })
}

/** The tag of a view's column in words. */
function flatWords(masking: string, policy: Policy | null): string {
  const words: Record<string, string> = {
    pseudonym: 'pseudonym, the same everywhere in the study',
    dictionary: 'from the study’s approved dictionary',
    date: policy === null || !yearsOnly(policy) ? 'shifted by the same days for all of a person' : 'removed: the policy keeps years only',
    year: policy === null || !yearsOnly(policy) ? 'year of the shifted date' : 'kept to the year',
    day: policy === null || !yearsOnly(policy) ? 'days between dates of one person' : 'none: the policy keeps years only',
    zip3: 'first three digits; 000 where few people live',
    place: 'kept to the state',
    text: 'free text is removed unless the policy lists it',
    added: 'added by masking',
    kept: 'kept',
  }
  return words[masking] ?? masking
}

function nestedDescription({ type }: StudyTable, policy: Policy | null): CatalogueColumn[] {
  const elements = nestedColumns(type).map((field) => ({
    name: field.name,
    type: nestedTypeSql(field.type),
    masking: nestedWords(`${type}.${field.name}`, policy),
    description: `${type}.${field.name}`,
  }))
  const key = (name: string, description: string): CatalogueColumn => ({
    name,
    type: 'VARCHAR',
    masking: name === 'masking_policy' ? 'added by masking' : 'pseudonym, the same everywhere in the study',
    description,
  })
  return [
    key('id', 'key of the row'),
    key('patient_key', 'key of the person: joins every table'),
    ...elements,
    key('masking_policy', 'policy and version that masked the row'),
  ]
}

/** What the policy does to the element and to what lies below it. */
function nestedWords(path: string, policy: Policy | null): string {
  if (policy === null) return 'by policy'
  const treatments = new Set<string>()
  for (const [at, name] of classesBelow(path)) {
    if (isPhiClass(name)) treatments.add(policy.paths[at] ?? policy.classes[name])
  }
  return treatments.size === 0 ? 'kept' : [...treatments].sort().join(', ')
}

const isPhiClass = (name: string): name is PhiClass => Object.hasOwn(treatmentsOf, name)

const below = new Map<string, [string, string][]>()
function classesBelow(path: string): [string, string][] {
  const known = below.get(path)
  if (known) return known
  const found = Object.entries(phiClasses).filter(([at]) => at === path || at.startsWith(`${path}.`))
  below.set(path, found)
  return found
}
