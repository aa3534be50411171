import type { HeldGroups, HeldPreview, HeldRelease, HeldResources } from '@aquifer/core/contract'
import { builtInPolicies, createPseudonyms, policyLabel, readPolicy, type Policy, type PolicyReading } from '@aquifer/core/masking'
import type { Keyring, Lake } from '../lake/index.js'
import type { Clock } from '../storage/index.js'
import { causesOf, type HeldCause } from './held-causes.js'
import { previewHeld } from './held-preview.js'
import { hmacOf } from './keys.js'
import type { MaskingPool } from './pool.js'
import type { MaskingRun } from './run.js'
import type { MaskedBatch } from './worker-messages.js'

const idsShownMax = 20
const pageRows = 100

export interface HeldDeskParts {
  lake: Lake
  masking: MaskingRun
  keyring: Keyring
  pool: MaskingPool
  clock: Clock
}

/** What is held back from masking: seen by cause, tried under another policy, and masked anew. */
export class HeldDesk {
  readonly #parts: HeldDeskParts
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: HeldDeskParts) {
    this.#parts = parts
  }

  async groups(study: string, { ids }: { ids: boolean }): Promise<HeldGroups> {
    const held = this.#parts.masking.held(study)
    const groups = causesOf(held).map((cause) => groupOf(cause, ids))
    return { study, held: held.length, groups, rebuilding: (await this.#parts.masking.run(study)?.rebuilding()) ?? null }
  }

  /** One page of a group's resources; null where there is no such group. */
  resources(study: string, cause: string, page: number): HeldResources | null {
    const group = causesOf(this.#parts.masking.held(study)).find((each) => each.cause === cause)
    if (!group) return null
    const from = (page - 1) * pageRows
    const resources = group.resources
      .slice(from, from + pageRows)
      .map(({ type, id, version, since }) => ({ type, id, version, since: isoOf(since) }))
    const count = group.resources.length
    return { study, cause, count, resources, next: from + pageRows < count ? page + 1 : null }
  }

  /** How many of them another policy lets pass; nothing is stored. Reading a lake takes memory and time: one preview at a time. */
  preview(study: string, policy: Policy): Promise<HeldPreview> {
    const next = this.#turn.then(() => this.#preview(study, policy))
    this.#turn = next.catch(() => undefined)
    return next
  }

  /** Masks the study anew; null where nothing of it was ever masked. One that is being masked anew is not begun again. */
  async release(study: string): Promise<HeldRelease | 'begun' | null> {
    const run = this.#parts.masking.run(study)
    if (run === null) return null
    if ((await run.rebuilding()) !== null) return 'begun'
    const held = run.held().length
    return { study, held, rows: await run.release() }
  }

  async #preview(study: string, policy: Policy): Promise<HeldPreview> {
    const { lake, masking, keyring, pool, clock } = this.#parts
    const { key } = await keyring.studyKey(study, 'masking')
    const settings = { policy, key, asOfYear: new Date(clock.now()).getUTCFullYear() }
    const causes = causesOf(masking.held(study))
    const pseudonyms = createPseudonyms(hmacOf(key))
    const tellable = (rows: MaskedBatch['held']) => masking.run(study)?.tellable(rows) ?? []
    const groups = await previewHeld({ lake: await lake.study(study), masking: pool.forStudy(settings), pseudonyms, causes, tellable })
    const sum = (of: 'passes' | 'stays'): number => groups.reduce((total, group) => total + group[of], 0)
    return { study, policy: policyLabel(policy), passes: sum('passes'), stays: sum('stays'), groups }
  }
}

/** A policy by the name of a built-in one, or by its text. */
export function policyNamedOrRead(said: string): PolicyReading {
  if (Object.hasOwn(builtInPolicies, said)) return { policy: builtInPolicies[said]! }
  if (said.trimStart().startsWith('{')) return readPolicy(said)
  return {
    problems: [
      { path: '', line: 1, message: 'This is neither the name of a built-in policy nor the text of one.', remedy: 'Give one of the two.' },
    ],
  }
}

const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

function groupOf({ resources, ...cause }: HeldCause, ids: boolean): HeldGroups['groups'][number] {
  const times = resources.flatMap(({ since }) => since ?? [])
  const first = times.length === 0 ? null : times.reduce((least, at) => Math.min(least, at))
  const shown = ids ? resources.slice(0, idsShownMax).flatMap(({ id }) => id ?? []) : null
  return { ...cause, count: resources.length, since: isoOf(first), ids: shown }
}
