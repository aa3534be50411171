import { cmsCells, showCount } from '@aquifer/core/small-cells'
import type { UnmappedCodes } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { Study } from '../repository/index.js'
import { codedSql } from './coded-elements.js'
import { codeKey, type CountList, type ToldCodes } from './code-lists.js'
import type { Query } from './query.js'

// Counts of people by code. They add up to nothing that is told, since a person has many codes: each stands alone.

type Statements = Pick<Query, 'catalogue' | 'figures'>
const unmappedMax = 5_000
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

async function codesOf(query: Statements, study: Study): Promise<string | null> {
  const { tables } = await query.catalogue(study)
  return codedSql(new Set(tables.filter(({ kind }) => kind === 'nested').map(({ name }) => name)))
}

export const countListBy =
  (query: Statements): CountList =>
  async (study, { name, version }) => {
    const coded = await codesOf(query, study)
    if (coded === null) return new Map()
    const answer = await query.figures(study, [
      `SELECT "system", code, count(DISTINCT patient_key) AS people FROM (${coded})
       SEMI JOIN (SELECT "system", code FROM code_list_versions WHERE list = ${text(name)} AND version = ${version}) USING ("system", code)
       GROUP BY ALL`,
    ])
    if (isRefusal(answer)) return answer
    const rows = (answer.answers[0] ?? []) as [string, string, number | string][]
    return new Map(rows.map(([system, code, people]) => [codeKey(system, code), showCount(Number(people), cmsCells)]))
  }

/**
 * Codes in the data that no list has; of a system without a list, all of them. `told`: for who gets counts only, who is told nothing of codes
 * that few people have, and not in which order rounded numbers were.
 */
export async function unmappedCodesOf(query: Statements, study: Study, told?: ToldCodes): Promise<UnmappedCodes | Refusal> {
  const coded = await codesOf(query, study)
  if (coded === null) return { study: study.id, snapshot: null, systems: [], codes: [], truncated: false }
  const found = await query.figures(study, statementsOf(coded, told === undefined ? 0 : cmsCells.threshold))
  if (isRefusal(found)) return found
  const [systems, rows] = found.answers as [[string | null, number, number, string[] | null][] | null, Unmapped[] | null]
  const all = (rows ?? []).map(([element, system, code, people, hasList]) => ({
    element,
    system,
    code,
    people: told === undefined ? showCount(Number(people), cmsCells) : told.people(`${element} ${codeKey(system, code)}`, Number(people)),
    because: hasList === true ? ('not-in-lists' as const) : ('no-list-of-system' as const),
  }))
  return {
    study: study.id,
    snapshot: found.snapshot,
    systems: (systems ?? []).map(([system, codes, unmapped, lists]) => ({
      system,
      lists: lists ?? [],
      codes: told?.codes(`codes of ${system}`, codes) ?? codes,
      unmapped: told?.codes(`unmapped codes of ${system}`, unmapped) ?? unmapped,
    })),
    codes: inToldOrder(all).slice(0, unmappedMax),
    truncated: all.length > unmappedMax,
  }
}

/** How many codes there are is of those that so many people have. */
function statementsOf(coded: string, least: number): string[] {
  const listed = `SELECT DISTINCT "system", code FROM code_lists`
  return [
    `SELECT c."system", count(*) AS codes, count(*) FILTER (WHERE l.code IS NULL) AS unmapped,
       (SELECT list(DISTINCT list ORDER BY list) FROM code_lists s WHERE s."system" = c."system") AS lists
     FROM (SELECT "system", code FROM (${coded}) GROUP BY ALL HAVING count(DISTINCT patient_key) >= ${least}) c
     LEFT JOIN (${listed}) l USING ("system", code)
     GROUP BY c."system" ORDER BY c."system" NULLS LAST`,
    `SELECT element, c."system", c.code, count(DISTINCT patient_key) AS people,
       c."system" IN (SELECT "system" FROM code_lists) AS has_list
     FROM (${coded}) c ANTI JOIN (${listed}) l USING ("system", code)
     GROUP BY ALL ORDER BY people DESC, element, c."system", c.code LIMIT ${unmappedMax + 1}`,
  ]
}

type Unmapped = [string, string | null, string, number | string, boolean | null]
type Told = Omit<UnmappedCodes['codes'][number], 'people'> & { people: number | string | null }
type Shown = UnmappedCodes['codes'][number]
// An order by what is hidden would tell it.
function inToldOrder(codes: readonly Told[]): Shown[] {
  const key = ({ element, system, code }: Told): string => [element, system ?? '', code].join('\u0001')
  const size = ({ people }: Told): number => (typeof people === 'number' ? people : 0)
  const isTold = (code: Told): code is Shown => code.people !== null
  return codes.filter(isTold).sort((a, b) => size(b) - size(a) || (key(a) < key(b) ? -1 : 1))
}
