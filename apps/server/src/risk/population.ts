import type { Population, SensitiveValue, Value } from '@aquifer/core/risk'

/** What others may know of a person and the masked table of people still tells. */
export const quasiIdentifiers = [
  'gender',
  'birth_year',
  'zip3',
  'state',
  'race',
  'ethnicity',
  'marital_status',
  'language',
  'deceased',
] as const

const columns = (of: string): string => quasiIdentifiers.map((name) => `${of}.${name}`).join(', ')

export const statements = {
  people: `SELECT ${columns('p')}, count(*) AS people FROM patients p GROUP BY ALL`,
  diagnoses: `SELECT ${columns('p')}, concat_ws('|', c.code_system, c.code) AS diagnosis, count(DISTINCT p.patient_key) AS people
    FROM patients p JOIN conditions c ON c.patient_key = p.patient_key WHERE c.code IS NOT NULL GROUP BY ALL`,
}

const valueOf = (cell: unknown): Value =>
  cell === null || cell === undefined ? null : typeof cell === 'string' ? cell : JSON.stringify(cell)
const valuesOf = (row: readonly unknown[]): Value[] => quasiIdentifiers.map((_, at) => valueOf(row[at]))

export const populationOf = (rows: readonly (readonly unknown[])[]): Population => ({
  attributes: quasiIdentifiers,
  classes: rows.map((row) => ({ values: valuesOf(row), people: Number(row[quasiIdentifiers.length]) })),
})

export const diagnosesOf = (rows: readonly (readonly unknown[])[]): SensitiveValue[] =>
  rows.map((row) => ({
    values: valuesOf(row),
    sensitive: String(row[quasiIdentifiers.length]),
    people: Number(row[quasiIdentifiers.length + 1]),
  }))
