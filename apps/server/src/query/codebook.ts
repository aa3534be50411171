import type { DownloadCodebook } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { countsOnly } from '@aquifer/core/small-cells'
import type { KeptResult } from './kept-results.js'
import type { Query } from './query.js'
import { fileColumns } from './results.js'

/**
 * Columns of a result, each with the columns of tables it is had from, through named results, subqueries and figures: FHIR paths, and what
 * masking did. Where a statement has no list of columns of its own, such as DESCRIBE, they are from nowhere.
 */
export async function codebookOf(query: Pick<Query, 'lineage'>, kept: KeptResult): Promise<DownloadCodebook> {
  const lineage = await query.lineage(kept.id, kept.owner)
  const sources = isRefusal(lineage) ? [] : lineage.columns
  const { length } = kept.columns
  return {
    statement: kept.id,
    columns: fileColumns(kept).map(({ name, type }, place) => {
      if (place >= length) return { name, type, from: [], meaning: stateWords(kept.columns[kept.figures![place - length]!]!.name) }
      return { name, type, from: (sources.length === length ? sources[place] : sources.find((each) => each.name === name))?.from ?? [] }
    }),
  }
}

const stateWords = (figure: string): string =>
  `Whether ${figure} is told. ${countsOnly.show}: it is of 1 to 10 people, or of nobody (in a row without labels each of the groups that stand together there is); ${countsOnly.besides}: so few would follow from it, and it may be of any number. In both cases ${figure} is empty; empty beside “told” it has no value.`
