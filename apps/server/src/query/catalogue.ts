import type { Catalogue, CatalogueColumn, CatalogueTable } from '@aquifer/core/contract'
import { phiClasses } from '@aquifer/core/fhir'
import { treatmentsOf, treatmentsUnder, yearsOnly, type PhiClass, type Policy } from '@aquifer/core/masking'
import { describeCohort, type CohortTable } from './cohort-tables.js'
import type { QueryFile } from './file-tables.js'
import { nestedColumns, nestedTypeSql, type ReservoirManifest } from '../reservoir/index.js'
import { maskingOf, type FlatTable } from '../view/index.js'
import { codeListTableColumns, type ListFile } from './code-list-tables.js'
import { versionsOf } from './definitions.js'
import { flatColumns, studyTables, type StudyTable } from './tables.js'

/** What a snapshot's tables are told from. */
interface Described {
  manifest: ReservoirManifest | null
  /** What masked it; null where that cannot be told. */
  policy: Policy | null
  own?: readonly FlatTable[]
  files?: readonly QueryFile[]
  cohorts?: readonly CohortTable[]
  lists?: readonly ListFile[]
}

/** The tables of a study's snapshot with what masking did to each column. */
export function catalogueOf(
  study: { id: string; masking: string },
  { manifest, policy, own = [], files = [], cohorts = [], lists = [] }: Described,
): Catalogue {
  const versions = versionsOf({ own, files, cohorts, lists })
  const known = (table: CatalogueTable): CatalogueTable => ({ ...table, version: versions.get(table.name) })
  if (manifest === null) {
    const tables = files.map(fileTable).map(known)
    return { study: study.id, snapshot: null, maskingPolicy: study.masking, people: 0, resources: 0, tables }
  }
  const types = Object.values(manifest.types)
  return {
    study: study.id,
    snapshot: manifest.snapshot,
    maskingPolicy: manifest.maskingPolicy,
    consentEpoch: manifest.consentEpoch,
    people: manifest.types['Patient']?.rows ?? Math.max(0, ...types.map(({ people }) => people)),
    resources: types.reduce((sum, { rows }) => sum + rows, 0),
    tables: [
      ...studyTables(manifest, own).map((table) => describe(table, policy)),
      ...files.map(fileTable),
      ...cohorts.map(describeCohort),
    ].map(known),
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
  if (kind === 'codes') return { name, kind: 'flat', rows, description: title, columns: codeListColumns() }
  return {
    name,
    kind,
    rows,
    description: title,
    columns: table.view === null ? nestedDescription(table, policy) : describedColumns(table.view, policy),
  }
}

const codeListColumns = (): CatalogueColumn[] =>
  codeListTableColumns.map((column) => ({ ...column, masking: 'no data of people: from the loaded list', from: [] }))

/** Columns of a flat table; of a study's own view, what became of the elements that it reads is what became of the column. */
export function describedColumns(table: FlatTable, policy: Policy | null): CatalogueColumn[] {
  const said = maskingOf(table)
  return flatColumns(table).map(({ name, type: of }) => {
    const { masking = null, description = '', from = [] } = said.get(name) ?? {}
    const ruled = policy === null || masking === null ? null : decided(masking, from, policy)
    const words = masking === null ? wordsOf(from, policy) : (ruled ?? flatWords(masking, policy))
    return { name, type: of, masking: words, description, from }
  })
}

function wordsOf(from: readonly string[], policy: Policy | null): string {
  const words = [...new Set(from.map((path) => nestedWords(path, policy)))].sort().join(', ')
  return words === '' ? 'kept' : words
}

// Of these the value is made by masking itself, or comes from elsewhere than the element.
const notOfElement: ReadonlySet<string> = new Set(['pseudonym', 'dictionary', 'added', 'day'])

/** What a policy's rules make of a column, or that its classes remove it; null where it is as the tag of the column says. */
function decided(masking: string, paths: readonly string[], policy: Policy): string | null {
  if (notOfElement.has(masking)) return null
  const ruled = new Set(treatedBelow(paths, policy).flatMap(({ treatment, byRule }) => (byRule ? [treatment] : [])))
  if (ruled.size > 0) return [...ruled].sort().join('; ')
  const treatments = paths.flatMap((path) => classesBelow(path)).flatMap(([at, name]) => treatmentIn(policy, at, name))
  return treatments.length > 0 && treatments.every((each) => each === 'remove') ? 'removed' : null
}

const treatmentIn = (policy: Policy, path: string, name: string): string[] =>
  isPhiClass(name) ? [policy.paths[path] ?? policy.classes[name]] : []

interface Treated {
  path: string
  treatment: string
  byRule: boolean
}
// A policy with rules is looked through once: 19,000 elements.
const looked = new WeakMap<Policy, Treated[]>()
/** What a policy with rules does at these paths and below: 'r1: redact if its conditions hold, else zip3'. */
function treatedBelow(paths: readonly string[], policy: Policy): Treated[] {
  const ids = (policy.rules ?? []).map(({ id }) => `${id}: `)
  if (ids.length === 0) return []
  const rows = looked.get(policy) ?? treatedBy(policy, ids)
  looked.set(policy, rows)
  return rows.filter(({ path: at }) => paths.some((path) => isBelow(at, path)))
}

function treatedBy(policy: Policy, ids: readonly string[]): Treated[] {
  return treatmentsUnder(policy).flatMap(({ path, treatment, phiClass }) => {
    const byRule = ids.some((id) => treatment.includes(id))
    return byRule || phiClass !== null ? [{ path, treatment, byRule }] : []
  })
}

const isBelow = (at: string, path: string): boolean => at === path || at.startsWith(`${path}.`)

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
    from: [`${type}.${field.name}`],
  }))
  const key = (name: string, description: string): CatalogueColumn => ({
    name,
    type: 'VARCHAR',
    masking: name === 'masking_policy' ? 'added by masking' : 'pseudonym, the same everywhere in the study',
    description,
    from: [],
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
  const treatments = new Set(
    policy.rules?.length
      ? treatedBelow([path], policy).map(({ treatment }) => treatment)
      : classesBelow(path).flatMap(([at, name]) => treatmentIn(policy, at, name)),
  )
  return treatments.size === 0 ? 'kept' : [...treatments].sort().join(', ')
}

const isPhiClass = (name: string): name is PhiClass => Object.hasOwn(treatmentsOf, name)

let below: Map<string, [string, string][]> | null = null
function classesBelow(path: string): readonly [string, string][] {
  below ??= classesByPlace()
  return below.get(path) ?? []
}

/** Each element stands under itself and under all that hold it: for each column anew, all elements took seconds to look through. */
function classesByPlace(): Map<string, [string, string][]> {
  const found = new Map<string, [string, string][]>()
  for (const [at, name] of Object.entries(phiClasses)) {
    for (let end = at.length; end > 0; end = at.lastIndexOf('.', end - 1)) {
      const path = at.slice(0, end)
      const there = found.get(path)
      if (there) there.push([at, name])
      else found.set(path, [[at, name]])
    }
  }
  return found
}
