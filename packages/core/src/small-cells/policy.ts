/** What a count must be to be shown, and how it is shown where it is not: data, so that a study can have its own. */
export interface SmallCellPolicy {
  /** The smallest count of people that is shown. */
  threshold: number
  /** Stands for a count from 1 up to the threshold. */
  show: string
  /**
   * Stands for a count that is not told because a small one would follow from it. It says nothing of its size: beside a small cell even another
   * small one can be hidden so, and of a group or table of which nothing is told every count is, none among them.
   */
  besides: string
  /** Counts that are shown are rounded to multiples of this; null: exact. */
  rounding: number | null
}

/**
 * CMS cell-size suppression policy: no cell of 1 to 10 is told, and none may be derivable from what is told (ResDAC, "CMS Cell Size
 * Suppression Policy"). 11 is also the class size behind the risk of 0.09 of EMA/90915/2016 and Health Canada's guidance.
 */
export const cmsCells: SmallCellPolicy = { threshold: 11, show: '<11', besides: '*', rounding: null }

/** OHDSI and DARWIN EU networks: minCellCount 5, counts from 1 to 4 are told as `<5` with the estimates that rest on them. */
export const ohdsiCells: SmallCellPolicy = { threshold: 5, show: '<5', besides: '*', rounding: null }

/**
 * What is told to callers who get counts only: besides the mark of a small cell every count is rounded, since such callers ask again and
 * again, and what three statements tell together no table holds.
 */
export const countsOnly: SmallCellPolicy = { threshold: 11, show: '<11', besides: 'hidden', rounding: 5 }

/** A count as it may be told: the number, or the mark that stands for it. */
export type Shown = number | string

/** Zero is no small cell: it is a group of nobody, and both sources above tell it. Who may not learn even that must not get the table. */
export const isSmall = (count: number, { threshold }: SmallCellPolicy): boolean => count > 0 && count < threshold
