// Files that are sent beside all else: whole ones to the lake, in parts to the reservoir; what was acknowledged is there byte for byte.
import { study, type Answer } from './bench.js'
import { outcomeOf, type Person } from './model.js'
import type { Random } from './random.js'
import type { Work } from './workload.js'

type Store = 'lake' | 'reservoir'
interface SentFile {
  store: Store
  id: string
  text: string
  /** whose his sender said it is */
  person: Person | null
}

const at = { lake: '/datalake/api/v1/data', reservoir: '/datareservoir/api/v1/data' } as const
const triesMax = 20

export class FileSender {
  readonly #work: Work
  readonly #random: Random
  readonly #acknowledged: SentFile[] = []
  #sent = 0

  constructor(work: Work, random: Random) {
    this.#work = work
    this.#random = random
  }

  /** Both stores: a file of a person, and a table in two parts. */
  async send(): Promise<void> {
    await this.#toLake()
    await this.#inParts()
  }

  #ask(store: Store, method: 'GET' | 'POST' | 'PATCH' | 'HEAD', path: string, more: Record<string, string> = {}, body?: string) {
    const { bench, tokens } = this.#work
    const headers = { 'x-correlation-id': `file-${this.#sent}`, 'x-aquifer-user': 'local:faults', 'x-aquifer-study': study, ...more }
    const token = store === 'lake' ? tokens.integrator : tokens.analyst
    return bench.send({ method, path, token, body, headers: body === undefined ? headers : { 'content-type': 'text/csv', ...headers } })
  }

  async #toLake(): Promise<void> {
    const person = this.#work.model.people.find(({ enrolled, withdrawn }) => enrolled && withdrawn === null) ?? null
    const text = `weight;name\n71;Canaryson ${(this.#sent += 1)}\n`.repeat(1 + this.#random.below(50))
    const answer = await this.#ask('lake', 'POST', at.lake, person === null ? {} : { 'x-aquifer-patient': person.id }, text)
    if (outcomeOf(answer) === 'stored') this.#acknowledged.push({ store: 'lake', id: String(answer?.json['id']), text, person })
    // ECONNRESET while bytes come is what a sender looks like who hung up.
    if (outcomeOf(answer) === 'refused' && answer?.json['code'] !== 'malformed-body' && person?.withdrawn == null)
      this.#work.fault(`a file is refused: ${answer?.status} ${answer?.text.slice(0, 200)}`)
  }

  /** Begun, then gone on with from where it is said to be, until it is whole. */
  async #inParts(): Promise<void> {
    const text = `code,n\n${Array.from({ length: 2 + this.#random.below(50) }, (_, n) => `c${n},${n}\n`).join('')}`
    const cut = 1 + this.#random.below(text.length - 1)
    const named = {
      'content-disposition': `attachment; filename="table-${(this.#sent += 1)}.csv"`,
      'x-aquifer-attestation': 'Nobody can be recognised in this file.',
      'upload-complete': '?0',
      'upload-length': String(text.length),
    }
    const begun = await this.#ask('reservoir', 'POST', at.reservoir, named, text.slice(0, cut))
    const path = begun?.headers['location'] ?? null
    if (begun === null || begun.status >= 300 || path === null) return
    for (let once = 0; once < triesMax; once += 1) {
      const state = await this.#ask('reservoir', 'HEAD', path)
      if (state === null || state.status >= 500) continue
      if (state.status >= 300) return this.#work.fault(`an upload that was begun is not there: ${state.status}`)
      const id = path.split('/').at(-1) ?? ''
      if (state.headers['upload-complete'] === '?1') return void this.#acknowledged.push({ store: 'reservoir', id, text, person: null })
      await this.#goOn(path, Number(state.headers['upload-offset']), text)
    }
  }

  #goOn(path: string, offset: number, text: string): Promise<Answer | null> {
    const headers = { 'upload-offset': String(offset), 'upload-complete': '?1' }
    return this.#ask('reservoir', 'PATCH', path, { ...headers, 'content-type': 'application/partial-upload' }, text.slice(offset))
  }

  /** What was acknowledged is there as it came; of who was erased nothing is. */
  async check(): Promise<void> {
    for (const { store, id, text, person } of this.#acknowledged) {
      const answer = await this.#ask(store, 'GET', `${at[store]}/${id}`)
      const withdrawn = person?.withdrawn ?? null
      if (withdrawn === null && answer?.status !== 200)
        this.#work.fault(`a file of the ${store} was acknowledged and is lost: ${answer?.status}`)
      if (answer?.status === 200 && answer.text !== text) this.#work.fault(`a file of the ${store} has other bytes`)
      if (answer?.status === 200 && withdrawn === 'erase') this.#work.fault(`a file of ${person?.id} is given out, who was erased`)
    }
  }
}
