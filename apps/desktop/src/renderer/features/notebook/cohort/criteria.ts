import type { CohortCodes, CohortCriterion, CohortLeaf } from '@aquifer/core/contract'
import type { Page } from '../model.js'
import { listOf } from '../parameters.js'

export type LeafKind = CohortLeaf['is']
export type Coded = Extract<CohortLeaf, { of: CohortCodes }>

/** A rule as the form shows it: one of several alternatives holds, or none of them does. */
export interface Rule {
  not: boolean
  any: CohortLeaf[]
}

/** Where the codes of a rule are counted. */
export const tableOf: Record<Coded['is'], string> = {
  condition: 'conditions',
  medication: 'medication_orders',
  procedure: 'procedures',
  observation: 'observations',
}

export const isCoded = (leaf: CohortLeaf): leaf is Coded => leaf.is in tableOf

export function newLeaf(is: LeafKind, today: string): CohortLeaf {
  if (is === 'age') return { is, min: 18, on: today }
  if (is === 'sex') return { is, in: ['female'] }
  return { is, of: { codes: [] } }
}

/** null: the criterion is deeper than this form; it is shown as a sentence and kept as it is. */
export function ruleOf(criterion: CohortCriterion): Rule | null {
  if (criterion.is === 'not') {
    const inner = ruleOf(criterion.of)
    return inner === null || inner.not ? null : { ...inner, not: true }
  }
  if (criterion.is === 'any') {
    const leaves = criterion.of.filter((one): one is CohortLeaf => one.is !== 'any' && one.is !== 'all' && one.is !== 'not')
    return leaves.length === criterion.of.length ? { not: false, any: leaves } : null
  }
  return criterion.is === 'all' ? null : { not: false, any: [criterion] }
}

export function criterionOf({ not, any }: Rule): CohortCriterion {
  const inner: CohortCriterion = any.length === 1 ? any[0]! : { is: 'any', of: any }
  return not ? { is: 'not', of: inner } : inner
}

/** A rule that names no code yet cannot be counted, and is no mistake either: it is being written. */
export function unfinished(criterion: CohortCriterion): boolean {
  if (criterion.is === 'not') return unfinished(criterion.of)
  if (criterion.is === 'any' || criterion.is === 'all') return criterion.of.some(unfinished)
  return isCoded(criterion) && 'codes' in criterion.of && criterion.of.codes.length === 0
}

/** What of a criterion can be kept and counted as it stands; null: nothing yet. */
function finishedOf(criterion: CohortCriterion): CohortCriterion | null {
  if (criterion.is === 'not') {
    const inner = finishedOf(criterion.of)
    return inner === null ? null : { is: 'not', of: inner }
  }
  if (criterion.is === 'any' || criterion.is === 'all') {
    const of = criterion.of.flatMap((each) => finishedOf(each) ?? [])
    return of.length === 0 ? null : { is: criterion.is, of }
  }
  return unfinished(criterion) ? null : criterion
}

/** The page as the server takes it: a rule that is being written must not hold the rest of the notebook back. */
export const savable = (page: Page): Page => ({
  ...page,
  cells: page.cells.map((cell) =>
    cell.cohort === undefined
      ? cell
      : { ...cell, cohort: { ...cell.cohort, criteria: { all: cell.cohort.criteria.all.flatMap((each) => finishedOf(each) ?? []) } } },
  ),
})

/** `list: hypertension` names a loaded code list, anything else is codes. */
export function codesOf(text: string): CohortCodes {
  const list = /^\s*list:\s*(\S.*?)\s*$/i.exec(text)?.[1]
  return list ? { list } : { codes: listOf(text) }
}

export const codesText = (codes: CohortCodes): string => ('list' in codes ? `list: ${codes.list}` : codes.codes.join(', '))
