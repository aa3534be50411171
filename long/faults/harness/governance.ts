// What is done beside the writers: policies signed by two, keys, re-identification, exports, files, cuts, replays, waiting.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../../../apps/server/src/platform/test/world.js'
import { password, study, type Answer } from './bench.js'
import { FileSender } from './files.js'
import { outcomeOf } from './model.js'
import type { Random } from './random.js'
import { Steward } from './stores.js'
import type { Work } from './workload.js'

export const deeds = ['policy', 'key', 'reidentify', 'export', 'files', 'cut', 'replay', 'rebuild', 'quality', 'publish', 'wait'] as const
/** A backup is only taken where the run ends with its restore. */
export type Deed = (typeof deeds)[number] | 'backup'
export interface Officers {
  priya: string
  paul: string
}
export interface Governed {
  /** Policies whose second signature was acknowledged, in order, and the last that may be in force. */
  policy: { name: string; known: boolean } | null
  keys: { acknowledged: number; asked: number }
}

const reason = 'a test of what is left'
const triesMax = 10

export class Governance {
  readonly #work: Work
  readonly #officers: Officers
  readonly #random: Random
  readonly governed: Governed = { policy: null, keys: { acknowledged: 0, asked: 0 } }
  readonly #files: FileSender
  readonly #steward: Steward
  #policies = 0

  constructor(work: Work, officers: Officers, random: Random) {
    this.#files = new FileSender(work, random)
    this.#steward = new Steward(work)
    this.#work = work
    this.#officers = officers
    this.#random = random
  }

  async run(asked: readonly Deed[]): Promise<void> {
    for (const deed of asked) {
      await sleep(this.#random.below(60))
      await this.#do(deed)
    }
  }

  /** What was made stands still. */
  async check(): Promise<void> {
    await this.#files.check()
    await this.#steward.check()
  }

  #do(deed: Deed): Promise<unknown> {
    switch (deed) {
      case 'policy':
        return this.#policy()
      case 'key':
        return this.#rotate()
      case 'reidentify':
        return this.#reidentify()
      case 'export':
        return this.#export()
      case 'files':
        return this.#files.send()
      case 'cut':
        return this.#steward.cut()
      case 'replay':
        return this.#steward.replay('lake')
      case 'rebuild':
        return this.#steward.replay('repository')
      case 'backup':
        return this.#steward.backup()
      case 'quality':
        return this.#steward.quality()
      case 'publish':
        return this.#work.bench.within(({ flow }) => flow!.reservoir.publishGeneration(study)).catch(() => null)
      case 'wait':
        return this.#work.bench.within(({ flow }) => flow!.pipeline.wait({ study, timeoutS: 5 })).catch(() => null)
    }
  }

  #send(who: keyof Officers, at: string, body: Json): Promise<Answer | null> {
    return this.#work.bench.send({ method: 'POST', path: `/masking/api/v1${at}`, token: this.#officers[who], body })
  }

  async #policy(): Promise<void> {
    this.#policies += 1
    const name = `quiet-${this.#policies}`
    const text = JSON.stringify({ name, version: 1, extends: 'safe-harbor', classes: { STATE: 'remove' } })
    let id: string | null = null
    for (let once = 0; once < triesMax && id === null; once += 1) {
      const proposed = await this.#send('priya', '/policies', { study, text, reason })
      if (proposed !== null && proposed.status < 300) id = String(proposed.json['id'])
      // It was stored and the answer lost: the name is taken.
      else if (proposed !== null && proposed.status < 500) return
    }
    if (id === null) return
    for (const who of ['priya', 'paul'] as const) {
      const signed = await this.#send(who, `/policies/${id}/signatures`, { meaning: 'approval', password })
      if (outcomeOf(signed) === 'unknown' && who === 'paul') this.governed.policy = { name, known: false }
      if (outcomeOf(signed) !== 'stored') return
    }
    this.governed.policy = { name, known: true }
  }

  async #rotate(): Promise<void> {
    this.governed.keys.asked += 1
    const rotated = await this.#send('priya', '/keys/rotate', { study, reason })
    if (outcomeOf(rotated) === 'stored') this.governed.keys.acknowledged += 1
  }

  async #reidentify(): Promise<void> {
    const someone = this.#work.model.people.find(({ withdrawn }) => withdrawn === null)
    const keys = someone && (await this.#work.bench.within(({ flow }) => flow!.patientKeys(study, [someone.id])))
    if (!keys?.[0]) return
    const asked = await this.#send('priya', '/reidentifications', { study, pseudonym: keys[0], reason })
    if (asked === null || asked.status >= 300) return
    const at = `/reidentifications/${String(asked.json['id'])}`
    const decided = await this.#send('paul', `${at}/decision`, { approve: true, password })
    if (decided === null || decided.status >= 300) return
    const first = await this.#send('priya', `${at}/answer`, {})
    const second = await this.#send('priya', `${at}/answer`, {})
    if (outcomeOf(first) === 'stored' && outcomeOf(second) === 'stored') this.#work.fault('a re-identification was told twice')
  }

  async #export(): Promise<void> {
    const { bench, tokens } = this.#work
    const headers = { prefer: 'respond-async', 'x-aquifer-study': study }
    const begun = await bench.send({ path: '/fhir-server/api/v1/$export', token: tokens.integrator, headers })
    if (begun === null) return
    if (begun.status !== 202 && begun.status < 500) this.#work.fault(`an export is refused: ${begun.status} ${begun.text.slice(0, 200)}`)
    const at = (begun.headers['content-location'] ?? '').replace(/^https?:\/\/[^/]+/, '')
    for (let once = 0; once < 50 && at !== ''; once += 1) {
      const state = await bench.send({ path: at, token: tokens.integrator })
      if (state !== null && state.status !== 202) return
      await sleep(20)
    }
  }
}
