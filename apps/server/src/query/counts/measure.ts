import { createHash } from 'node:crypto'
import { valueMark, type CountPlan } from '@aquifer/core/query'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { People } from '@aquifer/core/small-cells'
import type { ResultColumn } from '@aquifer/core/contract'
import type { Engines } from '../engines.js'
import { runStatement, type StatementWork } from '../run-statement.js'

/** What a statement found, with whom its figures are of. */
export interface Measured {
  plan: CountPlan
  columns: ResultColumn[]
  /** By group: the values of its columns, its people by added list, and what each of them has by what is added behind. */
  groups: { values: unknown[]; people: People[]; parts: Parts[] }[]
}
/** Numbers of rows, by person; of different values, how many each has, and how many people have each. */
export interface Parts {
  byPerson: number[]
  byValue: number[]
}

const groupsMax = 5_000
/** Together, over groups and figures: what is compared with each earlier answer. */
export const membershipsMax = 2_000_000

/** Numbers people, the same as long as the process lives, and names a set of them the same in every process. */
export class Numbers {
  readonly #byKey = new Map<string, number>()
  readonly #marks: [number, number][] = []

  of(keys: readonly string[]): People {
    return Uint32Array.from(keys, (key) => this.#number(key)).sort()
  }

  #number(key: string): number {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const digest = createHash('sha256').update(key).digest()
    this.#byKey.set(key, this.#marks.length)
    return this.#marks.push([digest.readUInt32LE(0), digest.readUInt32LE(4)]) - 1
  }

  /** The same people, the same name, however they were asked for. */
  nameOf(people: People): string {
    let [one, other] = [0, 0]
    for (const person of people) {
      const [first, second] = this.#marks[person]!
      one ^= first
      other ^= second
    }
    return `${people.length}.${one >>> 0}.${other >>> 0}`
  }
}

/** Runs a statement for its groups; the lists of people it adds stay in this process. */
export async function measure(engines: Engines, work: StatementWork, numbers: Numbers): Promise<Measured | Refusal> {
  const result = await runStatement(engines, { ...work, counts: 'figures', limit: groupsMax })
  if (isRefusal(result)) return result
  const { plan, columns, chunks, truncated } = result
  if (plan === undefined) throw new Error('counts without a plan')
  if (truncated) return tooMany(`a statement at this level has at most ${groupsMax} groups`)
  const rows = JSON.parse(`[${Buffer.concat(chunks).toString('utf8')}]`) as unknown[][]
  const told = columns.length - plan.added - plan.parts
  let memberships = 0
  const groups = rows.map((row) => {
    const lists = row.slice(told).map((list) => (list ?? []) as (string | number)[])
    memberships += lists.reduce((sum, list) => sum + list.length, 0)
    return { values: row.slice(0, told), lists }
  })
  if (memberships > membershipsMax) return tooMany('too many people in too many groups')
  return {
    plan,
    columns: columns.slice(0, told),
    groups: groups.map(({ values, lists }) => ({
      values,
      people: lists.slice(0, plan.added).map((list) => numbers.of(list as string[])),
      parts: lists.slice(plan.added).map(partsOf),
    })),
  }
}

function partsOf(list: readonly (string | number)[]): Parts {
  const [byPerson, byValue] = [new Map<string, number>(), new Map<string, number>()]
  const plain: number[] = []
  for (const part of list) {
    const at = typeof part === 'string' ? part.indexOf(valueMark) : -1
    if (typeof part !== 'string' || at < 0) plain.push(Number(part))
    else {
      for (const [counts, key] of [
        [byPerson, part.slice(0, at)],
        [byValue, part.slice(at + 1)],
      ] as const)
        counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return { byPerson: [...plain, ...byPerson.values()], byValue: [...byValue.values()] }
}

export const tooMany = (what: string): Refusal =>
  refuse('statement-limit', { detail: `The answer is too large to be held against earlier ones: ${what}.`, suggestion: 'Group coarser.' })
