import type { CohortCodes, CohortCriteria, CohortCriterion, CohortLeaf } from '../contract/index.js'
import { ucumOf, usualOf, type UsualUnit } from '../units/index.js'

/** The flat tables that criteria read, by the contract's table; what is withdrawn, refuted or never happened does not count. */
export type Happened = Extract<CohortLeaf, { is: 'condition' | 'medication' | 'procedure' | 'observation' }>
export interface Source {
  table: string
  /** column of the time, without _at and _year */
  time: string
  status: string
  never: readonly string[]
  /** as it is said of somebody */
  words: string
}
export const sources: Readonly<Record<Happened['is'], Source>> = {
  condition: {
    table: 'conditions',
    time: 'onset',
    status: 'verification_status',
    never: ['refuted', 'entered-in-error'],
    words: 'a condition',
  },
  medication: {
    table: 'medication_orders',
    time: 'written',
    status: 'status',
    never: ['draft', 'entered-in-error'],
    words: 'a medication order',
  },
  procedure: { table: 'procedures', time: 'performed', status: 'status', never: ['aborted', 'entered-in-error'], words: 'a procedure' },
  observation: {
    table: 'observations',
    time: 'effective',
    status: 'status',
    never: ['cancelled', 'entered-in-error'],
    words: 'an observation',
  },
}

/** Amounts are compared where they stand in one unit. */
export const amounts = 'measurements'

export type Amount = Extract<CohortLeaf, { is: 'observation' }> & {
  value: NonNullable<Extract<CohortLeaf, { is: 'observation' }>['value']>
}
export const isAmount = (leaf: CohortLeaf): leaf is Amount => leaf.is === 'observation' && leaf.value !== undefined

/** What the codes of a rule are usually measured in; null of a code list, whose codes may be of anything, and of codes that are not in the table. */
export const usualOfCodes = (of: CohortCodes): Pick<UsualUnit, 'unit' | 'from'> | null =>
  'list' in of || (of.system !== undefined && of.system !== 'http://loinc.org') ? null : usualOf(of.codes)

/** How the number of a rule becomes one in the usual unit, and in which units readings are compared; null: whatever they are in. */
export function comparedIn({ of, value }: Amount): { factor: number; shift: number; units: string[] | null } {
  const usual = usualOfCodes(of)
  if (value.unit === undefined) return { factor: 1, shift: 0, units: usual === null ? null : [usual.unit] }
  const asked = ucumOf(value.unit)
  const [factor, shift] = usual?.from[asked] ?? [1, 0]
  const into = usual?.from[asked] === undefined ? [] : [usual.unit]
  // As it was written comes first, which is how it is read back.
  return { factor, shift, units: [...new Set([value.unit, asked, ...into])] }
}

/** Columns that generated SQL may read, whatever the criteria. */
const others =
  'patient_key gender birth_date birth_year code_system code usual_number usual_unit list system status verification_status'.split(' ')
export const cohortColumns: readonly string[] = [...others, ...Object.values(sources).flatMap(({ time }) => [`${time}_at`, `${time}_year`])]

/** What is asked of people, each with the number of the rule that it is in. */
export const leavesOf = ({ all }: CohortCriteria): { rule: number; leaf: CohortLeaf }[] =>
  all.flatMap((each, at) => leavesIn(each).map((leaf) => ({ rule: at + 1, leaf })))
const leavesIn = (rule: CohortCriterion): CohortLeaf[] =>
  rule.is === 'not' ? leavesIn(rule.of) : rule.is === 'all' || rule.is === 'any' ? rule.of.flatMap(leavesIn) : [rule]
