import type { CohortLeaf } from '../contract/index.js'

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

/** Columns that generated SQL may read, whatever the criteria. */
const others =
  'patient_key gender birth_date birth_year code_system code value_number value_unit list system status verification_status'.split(' ')
export const cohortColumns: readonly string[] = [...others, ...Object.values(sources).flatMap(({ time }) => [`${time}_at`, `${time}_year`])]
