// Jobs over whole stores beside the writers: replays, data cuts, a look through the data.
import { setTimeout as sleep } from 'node:timers/promises'
import { password, study, type Answer } from './bench.js'
import { outcomeOf } from './model.js'
import type { Work } from './workload.js'

const base = '/pipeline/api/v1'
const reason = 'a test of what is left'
const triesMax = 10
const pollsMax = 60
const pollMs = 50

export class Steward {
  readonly #work: Work
  readonly #cuts = new Set<string>()
  #made = 0

  constructor(work: Work) {
    this.#work = work
  }

  #send(token: string, path: string, body?: unknown): Promise<Answer | null> {
    return this.#work.bench.send({ method: body === undefined ? 'GET' : 'POST', path: `${base}${path}`, token, body })
  }

  async replay(from: 'lake' | 'repository'): Promise<void> {
    await this.#somebodyIsThere()
    await this.#job(this.#work.tokens.operator, '/replays', { study, from })
  }

  quality(): Promise<void> {
    return this.#job(this.#work.tokens.manager, '/quality', { study })
  }

  async #job(token: string, path: string, body: unknown): Promise<void> {
    const begun = await this.#send(token, path, body)
    if (outcomeOf(begun) === 'refused') this.#work.fault(`${path} is refused: ${begun?.status} ${begun?.text.slice(0, 200)}`)
    if (outcomeOf(begun) !== 'stored') return
    for (let once = 0; once < pollsMax; once += 1) {
      const job = await this.#work.bench.send({ path: `/jobs/api/v1/${String(begun?.json['id'])}`, token })
      if (job?.status === 200 && !['queued', 'running'].includes(String(job.json['state']))) return
      await sleep(pollMs)
    }
  }

  /** Of people who are shown: made before, it would be empty. */
  async cut(): Promise<void> {
    const { bench, tokens } = this.#work
    await this.#somebodyIsThere()
    await bench.within(({ flow }) => flow!.pipeline.wait({ study, timeoutS: 5 })).catch(() => null)
    const name = `cut-${(this.#made += 1)}`
    for (let once = 0; once < triesMax; once += 1) {
      const made = await this.#send(tokens.steward, '/cuts', { study, name, reason, password })
      if (outcomeOf(made) === 'unknown') continue
      // It was made and the answer lost: the name is taken.
      if (outcomeOf(made) === 'stored' || (once > 0 && made?.status === 409)) this.#cuts.add(name)
      return
    }
  }

  /** Nothing can be made of a study that is empty. */
  async #somebodyIsThere(): Promise<void> {
    const { people } = this.#work.model
    for (let once = 0; once < pollsMax && !people.some(({ enrolled }) => enrolled); once += 1) await sleep(pollMs)
  }

  /** Of people who are in the lake, whose key is in it then; begun again until it is whole. */
  async backup(): Promise<void> {
    const { bench } = this.#work
    await this.#somebodyIsThere()
    for (let once = 0; once < triesMax; once += 1) {
      const waited = await bench.within(({ flow }) => flow!.pipeline.wait({ study, timeoutS: 5 })).catch(() => null)
      if (waited?.done) break
    }
    for (let once = 0; once < triesMax && bench.backup === null; once += 1) await bench.takeBackup()
    if (bench.backup === null) this.#work.fault('no backup can be taken')
  }

  /** A cut stays what was signed, whoever left it since. */
  async check(): Promise<void> {
    for (const name of this.#cuts) {
      const cut = await this.#send(this.#work.tokens.manager, `/cuts/${name}?study=${study}`)
      const { genuine, whole, signature } = cut?.json ?? {}
      if (cut?.status !== 200 || genuine !== true || whole !== true || signature == null)
        this.#work.fault(`the data cut ${name} does not stand as it was signed: ${cut?.status} ${cut?.text.slice(0, 300)}`)
    }
  }
}
