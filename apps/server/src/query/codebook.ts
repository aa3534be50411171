import type { DownloadCodebook } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import type { KeptResult } from './kept-results.js'
import type { Query } from './query.js'

/**
 * Columns of a result, each with the columns of tables it is had from, through named results, subqueries and figures: FHIR paths, and what
 * masking did. Where a statement has no list of columns of its own, such as DESCRIBE, they are from nowhere.
 */
export async function codebookOf(query: Pick<Query, 'lineage'>, kept: KeptResult): Promise<DownloadCodebook> {
  const lineage = await query.lineage(kept.id, kept.owner)
  const sources = isRefusal(lineage) ? [] : lineage.columns
  return {
    statement: kept.id,
    columns: kept.columns.map(({ name, type }, place) => ({
      name,
      type,
      from: (sources.length === kept.columns.length ? sources[place] : sources.find((each) => each.name === name))?.from ?? [],
    })),
  }
}
