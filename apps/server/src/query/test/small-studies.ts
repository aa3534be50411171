import fc from 'fast-check'
import type { CohortCriteria } from '@aquifer/core/contract'
import type { Kinds } from './attacker.js'
import type { MaskedResource } from './world.js'

// Random small studies, and what may be asked of them: each in SQL or as a criterion, and as the kinds of people who are meant.

const genders = ['female', 'male']
const years = [1950, 1960, 1970]
export const codes = ['one', 'other', 'rare']
export const crowd = 70
export interface Kind {
  gender: string
  year: number
  code: string
}
export const kinds: Kind[] = genders.flatMap((gender) => years.flatMap((year) => codes.map((code) => ({ gender, year, code }))))
export const kindsOf = (isOf: (kind: Kind) => boolean): Kinds => kinds.reduce((mask, kind, at) => (isOf(kind) ? mask | (1 << at) : mask), 0)

export const everybody = kindsOf(() => true)

export const keyOf = (at: number): string => `a${String(at).padStart(2, '0')}`
export function resourcesOf(kind: Kind, at: number): MaskedResource[] {
  const key = keyOf(at)
  const code = { coding: [{ system: 'http://snomed.info/sct', code: kind.code }] }
  return [
    { resourceType: 'Patient', id: key, patient_key: key, gender: kind.gender, birthDate: String(kind.year) },
    {
      resourceType: 'Condition',
      id: `c${key}`,
      patient_key: key,
      patient: { reference: `Patient/${key}` },
      code,
      verificationStatus: 'confirmed',
    },
  ]
}

// Few of a kind and many of another, as in real studies.
export const study = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: kinds.length - 1 }) },
  ),
  {
    minLength: crowd,
    maxLength: crowd,
  },
)

interface Condition {
  sql: string
  isOf(kind: Kind): boolean
}
export const conditions: Condition[] = [
  { sql: "gender = 'female'", isOf: ({ gender }) => gender === 'female' },
  { sql: 'birth_year < 1970', isOf: ({ year }) => year < 1970 },
  { sql: "patient_key IN (SELECT patient_key FROM conditions WHERE code = 'rare')", isOf: ({ code }) => code === 'rare' },
  { sql: "patient_key NOT IN (SELECT patient_key FROM conditions WHERE code = 'rare')", isOf: ({ code }) => code !== 'rare' },
  { sql: "patient_key IN (SELECT patient_key FROM conditions WHERE code = 'one')", isOf: ({ code }) => code === 'one' },
  { sql: "NOT (gender = 'male' AND birth_year = 1970)", isOf: ({ gender, year }) => !(gender === 'male' && year === 1970) },
]
export const labels = [
  { sql: 'gender', values: genders, of: ({ gender }: Kind) => gender },
  { sql: 'birth_year', values: years.map(String), of: ({ year }: Kind) => String(year) },
  {
    sql: "CASE WHEN birth_year = 1970 THEN 'x' ELSE gender END",
    values: ['x', ...genders],
    of: ({ gender, year }: Kind) => (year === 1970 ? 'x' : gender),
  },
]
export const within = fc.uniqueArray(fc.constantFrom(...conditions), { maxLength: 2 })
export const isIn =
  (all: readonly Condition[]) =>
  (kind: Kind): boolean =>
    all.every(({ isOf }) => isOf(kind))
export const whereOf = (all: readonly Condition[]): string => (all.length === 0 ? '' : ` WHERE ${all.map(({ sql }) => sql).join(' AND ')}`)

export const rules: { criterion: CohortCriteria['all'][number]; isOf(kind: Kind): boolean }[] = [
  { criterion: { is: 'sex', in: ['female'] }, isOf: ({ gender }) => gender === 'female' },
  ...['one', 'rare'].map((code) => ({
    criterion: { is: 'condition' as const, of: { codes: [code] } },
    isOf: (kind: Kind) => kind.code === code,
  })),
  { criterion: { is: 'not', of: { is: 'condition', of: { codes: ['rare'] } } }, isOf: ({ code }) => code !== 'rare' },
  { criterion: { is: 'age', max: 50, on: '2010-06-01' }, isOf: ({ year }) => year >= 1960 },
]
