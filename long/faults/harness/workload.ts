// A random workload by seed: each person has one writer, who waits for each answer, so that their order is known.
import { setTimeout as sleep } from 'node:timers/promises'
import { bundleOf, type Json } from '../../../apps/server/src/platform/test/world.js'
import { study, type Answer, type Bench } from './bench.js'
import { outcomeOf, type Act, type Attempt, type Model, type Person } from './model.js'
import type { Random } from './random.js'
import { condition, consent, keyOf, observation, person as personOf } from './resources.js'

export interface Tokens {
  integrator: string
  manager: string
  reader: string
  analyst: string
  operator: string
  /** a person, who signs */
  steward: string
}
export interface Work {
  bench: Bench
  model: Model
  tokens: Tokens
  /** what must not be, as it is met */
  fault: (what: string) => void
}
export interface Withdrawing {
  act: Act
  by: 'order' | 'contract'
  /** how many steps */
  after: number
}
export type Enrolment = 'transaction' | 'registration' | 'import'

const fhir = '/fhir-server/api/v1'
const triesMax = 20
const pauseMsMax = 40

export class Writer {
  readonly #work: Work
  readonly #random: Random
  readonly #person: Person
  #written = 0

  constructor(work: Work, random: Random, person: Person) {
    this.#work = work
    this.#random = random
    this.#person = person
    work.model.people.push(person)
  }

  async run(options: { enrolment: Enrolment; steps: number; withdrawal: Withdrawing | null }): Promise<void> {
    await this.#enrol(options.enrolment)
    for (let step = 0; step < options.steps; step += 1) {
      if (options.withdrawal?.after === step) await this.withdraw(options.withdrawal)
      await this.#step()
      if (this.#random.chance(0.4)) await sleep(this.#random.below(pauseMsMax))
    }
  }

  #send(method: 'PUT' | 'POST' | 'DELETE', at: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer | null> {
    const content = body === undefined ? {} : { 'content-type': 'application/json+fhir' }
    const token = this.#work.tokens.integrator
    return this.#work.bench.send({
      method,
      path: `${fhir}${at}`,
      token,
      body,
      headers: { ...content, 'x-aquifer-study': study, ...headers },
    })
  }

  /** What was answered counts for all of a transaction; after a withdrawal nothing may enter. */
  #settle(answer: Answer | null, attempts: readonly Attempt[]): void {
    const outcome = outcomeOf(answer)
    for (const attempt of attempts) attempt.outcome = outcome
    if (outcome === 'stored' && this.#person.withdrawn !== null)
      this.#work.fault(`${this.#person.id} withdrew, and a write was taken: ${answer?.status}`)
  }

  async #step(): Promise<void> {
    const kind = this.#random.next()
    if (kind < 0.45) return this.#put()
    if (kind < 0.6) return this.#transaction()
    if (kind < 0.72) return this.#delete()
    if (kind < 0.86) return this.#createOnce()
    if (kind < 0.93) return this.#conflict()
    return this.#profile()
  }

  #some(type: 'Observation' | 'Condition' = this.#random.chance(0.75) ? 'Observation' : 'Condition'): { attempt: Attempt; resource: Json } {
    const { model } = this.#work
    const id = `canary-${this.#person.id}-${this.#random.below(4)}`
    const made = model.newMarker()
    const resource = type === 'Observation' ? observation(id, this.#person.id, made) : condition(id, this.#person.id, made)
    return { attempt: model.attempt(this.#person, keyOf(resource), made), resource }
  }

  async #put(): Promise<void> {
    const { attempt, resource } = this.#some()
    this.#settle(await this.#send('PUT', `/${keyOf(resource)}`, resource), [attempt])
  }

  async #profile(): Promise<void> {
    const { marker } = this.#work.model.newMarker()
    const resource = personOf(this.#person.id, marker)
    const attempt = this.#work.model.attempt(this.#person, keyOf(resource), { marker })
    this.#settle(await this.#send('PUT', `/${keyOf(resource)}`, resource), [attempt])
  }

  async #transaction(): Promise<void> {
    const { model } = this.#work
    const group = model.newGroup()
    const made = Array.from({ length: 2 + this.#random.below(2) }, (_, n) => {
      const marks = model.newMarker()
      const id = `canary-${this.#person.id}-t${(this.#written += 1)}-${n}`
      const resource = observation(id, this.#person.id, marks)
      return { resource, attempt: model.attempt(this.#person, keyOf(resource), { ...marks, group }) }
    })
    const answer = await this.#send('POST', '', bundleOf('transaction', ...made.map(({ resource }) => resource)))
    this.#settle(
      answer,
      made.map(({ attempt }) => attempt),
    )
  }

  async #delete(): Promise<void> {
    const { model } = this.#work
    const key = [...model.owner].find(
      ([each, owner]) => owner === this.#person && each.startsWith('Observation/') && model.lives(each),
    )?.[0]
    if (key === undefined) return this.#put()
    const attempt = model.attempt(this.#person, key, { marker: null })
    this.#settle(await this.#send('DELETE', `/${key}`), [attempt])
  }

  /** Asked again while nobody knows the answer: it is there once in the end. */
  async #createOnce(): Promise<void> {
    const { model } = this.#work
    const name = `${this.#person.id}-${this.#random.below(3)}`
    for (let once = 0; once < triesMax; once += 1) {
      const made = model.newMarker()
      const { id: _, ...resource } = observation('', this.#person.id, made)
      const identifier = [...(resource['identifier'] as Json[]), { system: 'urn:once', value: name }]
      const attempt = model.attempt(this.#person, `once/${name}`, made)
      const headers = { 'if-none-exist': `identifier=urn:once|${name}` }
      const answer = await this.#send('POST', '/Observation', { ...resource, identifier }, headers)
      this.#settle(answer, [attempt])
      // 200: it is there already.
      if (answer?.status === 200) attempt.outcome = 'refused'
      if (attempt.outcome !== 'unknown') return
    }
  }

  async #conflict(): Promise<void> {
    const { attempt, resource } = this.#some('Observation')
    const answer = await this.#send('PUT', `/${keyOf(resource)}`, resource, { 'if-match': 'W/"4711"' })
    this.#settle(answer, [attempt])
    if (attempt.outcome === 'stored') this.#work.fault(`a write on a version that never was is taken: ${keyOf(resource)}`)
  }

  async #enrol(by: Enrolment): Promise<void> {
    for (let once = 0; once < triesMax && !this.#person.enrolled; once += 1)
      this.#person.enrolled = await (by === 'transaction' ? this.#enrolAtOnce() : by === 'import' ? this.#import() : this.#register())
    if (!this.#person.enrolled) this.#work.fault(`${this.#person.id} cannot be enrolled by ${by}`)
  }

  #whole() {
    const { model } = this.#work
    const group = model.newGroup()
    const { id } = this.#person
    const marks = [model.newMarker(), model.newMarker(), model.newMarker()] as const
    const all = [
      personOf(id, marks[0].marker),
      consent(`canary-${id}-consent`, id, marks[1].marker),
      observation(`canary-${id}-0`, id, marks[2]),
    ]
    const attempts = all.map((resource, n) => model.attempt(this.#person, keyOf(resource), { ...marks[n], group }))
    return { all, attempts }
  }

  async #enrolAtOnce(): Promise<boolean> {
    const { all, attempts } = this.#whole()
    const answer = await this.#send('POST', '', bundleOf('transaction', ...all))
    this.#settle(answer, attempts)
    this.#mustKnow(answer, 'a transaction')
    return outcomeOf(answer) === 'stored'
  }

  async #import(): Promise<boolean> {
    const { all, attempts } = this.#whole()
    const body = all.map((resource) => `${JSON.stringify(resource)}\n`).join('')
    const headers = { 'content-type': 'application/x-ndjson' }
    const token = this.#work.tokens.integrator
    // The same file again: what is stored already is not stored twice.
    for (let once = 0; once < triesMax; once += 1) {
      const answer = await this.#work.bench.send({ method: 'POST', path: `${fhir}/$import?studyid=${study}`, token, body, headers })
      if (answer === null || answer.status >= 500) continue
      const done = answer.status < 300 && answer.json['refused'] === 0
      for (const attempt of attempts) attempt.outcome = done ? 'stored' : 'unknown'
      // Lines of an import are no transaction.
      for (const attempt of attempts) attempt.group = this.#work.model.newGroup()
      if (!done) this.#work.fault(`an import is refused: ${answer.status} ${answer.text.slice(0, 200)}`)
      return done
    }
    return false
  }

  async #register(): Promise<boolean> {
    const { model, tokens, bench } = this.#work
    const { marker } = model.newMarker()
    const { id } = this.#person
    const attempt = model.attempt(this.#person, `Patient/${id}`, { marker })
    this.#person.registered = true
    const body = { patient: personOf(id, marker), consentOnFile: { evidence: 'binder 4' } }
    for (let once = 0; once < triesMax; once += 1) {
      const headers = { 'x-correlation-id': `register-${id}` }
      const answer = await bench.send({
        method: 'POST',
        path: '/registration/api/v1/registerPatient',
        token: tokens.manager,
        body,
        headers,
      })
      attempt.outcome = outcomeOf(answer)
      this.#mustKnow(answer, 'a registration')
      if (attempt.outcome !== 'unknown') return attempt.outcome === 'stored'
    }
    return false
  }

  #mustKnow(answer: Answer | null, what: string): void {
    if (outcomeOf(answer) === 'refused') this.#work.fault(`${what} is refused: ${answer?.status} ${answer?.text.slice(0, 200)}`)
  }

  /** Said until it is answered; from then on nothing of the person enters and nobody sees him. */
  async withdraw({ act, by }: Omit<Withdrawing, 'after'>): Promise<void> {
    for (let once = 0; once < triesMax; once += 1) {
      const answer = await (by === 'order' ? this.#order(act) : this.#takeBack())
      const known =
        outcomeOf(answer) === 'stored' || answer?.status === 409 || (once > 0 && (answer?.status === 404 || answer?.status === 403))
      if (!known) {
        if (answer !== null && answer.status < 500)
          this.#work.fault(`a withdrawal is refused: ${answer.status} ${answer.text.slice(0, 200)}`)
        continue
      }
      this.#person.withdrawn = act
      return
    }
    this.#work.fault(`${this.#person.id} cannot withdraw`)
  }

  #order(act: Act): Promise<Answer | null> {
    const body = { patient: this.#person.id, act, reason: 'asked by letter', evidence: 'letter 12' }
    const at = `/consent/api/v1/studies/${study}/withdrawals`
    return this.#work.bench.send({ method: 'POST', path: at, token: this.#work.tokens.manager, body })
  }

  async #takeBack(): Promise<Answer | null> {
    const { marker } = this.#work.model.newMarker()
    const resource = consent(`canary-${this.#person.id}-consent`, this.#person.id, marker, 'withdrawn')
    const attempt = this.#work.model.attempt(this.#person, keyOf(resource), { marker })
    const answer = await this.#send('PUT', `/${keyOf(resource)}`, resource)
    this.#settle(answer, [attempt])
    return answer
  }
}
