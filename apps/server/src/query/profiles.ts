import type { Catalogue, Codebook, TableProfile } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { cmsCells, showCount } from '@aquifer/core/small-cells'
import type { Study } from '../repository/index.js'
import { barsSql, countRounding, measuresOf, measuresSql, profileOf, roundedTo, type BarRow } from './column-profiles.js'
import type { NotebookDesk } from './notebooks.js'
import type { Query } from './query.js'
import type { Figures } from './figures.js'

/** What the catalogue tells beyond names: profiles of columns, kept while what they rest on stands, and the codebook. */
export interface ProfileDesk {
  profile(study: Study, table: string): Promise<TableProfile | Refusal>
  codebook(study: Study): Promise<Codebook>
}

type Told = Omit<TableProfile, 'usedIn'>
const keptMax = 300
const noSuchTable = (): Refusal => refuse('unknown', { detail: 'There is no such table in this study.' })

export function openProfiles(query: Query, notebooks: NotebookDesk, now: () => number): ProfileDesk {
  const kept = new Map<string, Promise<Told | Refusal>>()

  /** Several who ask for the same wait for one answer. */
  async function told(study: Study, table: Catalogue['tables'][number], mark: string): Promise<Told | Refusal> {
    const key = JSON.stringify([study.id, table.name, table.columns.map(({ name }) => name), mark])
    const known = kept.get(key)
    if (known !== undefined) return known
    if (kept.size >= keptMax) kept.delete(kept.keys().next().value ?? '')
    const asked = profileTable(query, study, table)
    kept.set(key, asked)
    const answer = await asked.catch((error: unknown) => {
      kept.delete(key)
      throw error
    })
    if (isRefusal(answer)) kept.delete(key)
    return answer
  }

  return {
    async profile(study, name) {
      const standing = await query.standing(study)
      if (standing === null) return noSuchTable()
      const { tables } = await query.catalogue(study)
      const table = tables.find((each) => each.name === name)
      // A file is read when a statement names it; what is in it was looked at when it came.
      if (table === undefined || table.kind === 'file') return noSuchTable()
      const answer = await told(study, table, standing.mark)
      if (isRefusal(answer)) return answer
      const usedIn = await notebooks.using(study, table.name, new Set(table.columns.map((column) => column.name)))
      return { ...answer, usedIn }
    },
    async codebook(study) {
      return codebookOf(await query.catalogue(study), new Date(now()).toISOString())
    },
  }
}

async function profileTable(query: Query, study: Study, table: Catalogue['tables'][number]): Promise<Told | Refusal> {
  // Tables of code lists are about nobody and have no key: there is nothing to count that the list's own page does not tell.
  const columns = table.columns.some(({ name }) => name === 'patient_key') ? table.columns : []
  const further = ([first]: Figures['answers']): string[] => {
    const sql = barsSql(table.name, columns, measuresOf(first?.[0] ?? []).columns)
    return sql === null ? [] : [sql]
  }
  const found = await query.figures(study, [measuresSql(table.name, columns)], { further })
  if (isRefusal(found)) return found
  const measures = measuresOf(found.answers[0]?.[0] ?? [])
  const bars = (found.answers[1] ?? []) as unknown as BarRow[]
  return {
    study: study.id,
    table: table.name,
    snapshot: found.snapshot,
    maskingPolicy: found.maskingPolicy,
    rows: table.rows,
    unit: measures.people > 0 ? 'people' : 'rows',
    counted: roundedTo(showCount(measures.counted, cmsCells)),
    rounding: countRounding,
    threshold: cmsCells.threshold,
    columns: columns.map((column, at) =>
      profileOf(
        column,
        measures.columns[at]!,
        measures.rows,
        bars.filter(([of]) => of === column.name),
      ),
    ),
  }
}

function codebookOf({ study, snapshot, maskingPolicy, consentEpoch, tables }: Catalogue, made: string): Codebook {
  return {
    study,
    snapshot,
    maskingPolicy,
    consentEpoch: consentEpoch ?? null,
    made,
    columns: tables.flatMap((table) =>
      table.columns.map(({ name, type, masking, description, from = [] }) => ({
        table: table.name,
        kind: table.kind,
        column: name,
        type,
        masking,
        from,
        description,
      })),
    ),
  }
}
