import { effectOn } from '@aquifer/core/consent'
import type { BulkExport } from '../bulk-export/index.js'
import type { StepContext, StepOutcome, StoreStep } from '../erasure/index.js'
import type { FileDesk } from '../files/index.js'
import type { DownloadDesk, Query } from '../query/index.js'
import type { Repository } from '../repository/index.js'
import type { Whose } from '../lake/index.js'
import type { MaskedPerson } from '../reservoir/index.js'
import type { Flow } from './flow.js'

// Each store's part in a withdrawal, as far as it takes more than one system: the store does the work, this tells it whose.

const publishMs = 3_000
const passSecondsMax = 300
const passSeconds = 5
const lakeBytesPerMs = 20_000
// Shorter names stand in too many words to be taken for the person.
const idLengthMin = 8

export function statementsStep(parts: {
  repository: Repository
  query: Query
  downloads: DownloadDesk
  masked: Pick<Flow, 'patientKeys' | 'everyPatientKey'> | null
}): StoreStep {
  const { repository, query, downloads, masked } = parts
  // Results and files that might hold the person's rows; without a key nobody can tell, and none is kept.
  const kept = async ({ study }: StepContext, key: string | undefined): Promise<number> =>
    key === undefined ? 0 : query.keptWith(study.id, key) + (await downloads.heldWith(study.id, key))
  const keysOf = async ({ study, person }: StepContext): Promise<string[]> =>
    masked === null ? [] : masked.patientKeys(study.id, [person.patientId])
  const names = async (context: StepContext): Promise<string[]> => {
    const { study, person } = context
    const { patientId } = person
    const keys = masked === null ? [] : await masked.everyPatientKey(study.id, patientId)
    return [...keys, ...(patientId.length < idLengthMin ? [] : [patientId])]
  }
  return {
    store: 'statements',
    effect: (act) => effectOn('statements', act),
    irreversible: () => false,
    async preview(context) {
      const gone = effectOn('statements', context.act) === 'remove'
      const named = gone ? await repository.statements.naming(context.study.sid, await names(context)) : { statements: 0, notebooks: 0 }
      return { counts: { running: gone ? query.running(context.study.id) : 0, ...named }, expectedMs: gone ? 100 : 0 }
    },
    async act(context): Promise<StepOutcome> {
      if (effectOn('statements', context.act) !== 'remove') return { counts: {} }
      query.peopleWithdrew(context.study.id, { begunBefore: context.at, patientKey: (await keysOf(context))[0] })
      await downloads.forget(context.study.id)
      const { statements, notebooks } = await repository.statements.redact(context.study.sid, await names(context))
      return { counts: { statements, notebooks } }
    },
    async verify(context) {
      if (effectOn('statements', context.act) !== 'remove') return true
      const { statements, notebooks } = await repository.statements.naming(context.study.sid, await names(context))
      return statements + notebooks + (await kept(context, (await keysOf(context))[0])) === 0
    },
  }
}

/** Files that were exported before: whoever may be in them, they are not given out any more and go. */
export function exportsStep(bulkExport: Pick<BulkExport, 'held' | 'sweep'>): StoreStep {
  return {
    store: 'exports',
    effect: (act) => effectOn('exports', act),
    irreversible: () => false,
    async preview({ study, act }) {
      const { all } = effectOn('exports', act) === 'remove' ? await bulkExport.held(study.sid) : { all: 0 }
      return { counts: { exports: all }, expectedMs: 0 }
    },
    async act({ study, act }): Promise<StepOutcome> {
      if (effectOn('exports', act) !== 'remove') return { counts: {} }
      const { over } = await bulkExport.held(study.sid)
      await bulkExport.sweep()
      return { counts: { exports: over }, note: 'What was fetched before is with its recipients: the trail names them.' }
    },
    async verify({ study, act }) {
      return effectOn('exports', act) !== 'remove' || (await bulkExport.held(study.sid)).over === 0
    },
  }
}

/** Files of the lake that their sender said are the person's. Whose others are, nobody but their sender knows. */
export function filesStep(files: Pick<FileDesk, 'heldOf' | 'removeOf'>): StoreStep {
  return {
    store: 'files',
    effect: (act) => effectOn('files', act),
    irreversible: (act) => effectOn('files', act) === 'remove',
    async preview({ study, person, act }) {
      const gone = effectOn('files', act) === 'remove'
      return { counts: { files: gone ? await files.heldOf(study.sid, person.patientId) : 0 }, expectedMs: 0 }
    },
    async act({ study, person, act }): Promise<StepOutcome> {
      if (effectOn('files', act) !== 'remove') return { counts: {} }
      const count = await files.removeOf(study, person.patientId)
      return { counts: { files: count }, note: 'Files whose sender did not say whose they are stay: who sent them has to remove them.' }
    },
    async verify({ study, person, act }) {
      return effectOn('files', act) !== 'remove' || (await files.heldOf(study.sid, person.patientId)) === 0
    },
  }
}

/** Masked rows go as deleted ones do: through the feed, so that every stage behind forgets them in its own order. */
export function reservoirStep(repository: Repository, flow: Flow, query: Query | null): StoreStep {
  const masked = maskedPerson(repository, flow)
  const under = (context: StepContext) => (maskingKey: string) => masked(context, maskingKey)
  const whose = ofPerson(repository)
  /**
   * His rows may be what the leak gate has stopped, or come after what it has: who is erased leaves the lake before they are masked, and
   * neither need anybody decide on him, nor does he wait for what is decided of others.
   */
  async function passed(context: StepContext, stopping: () => boolean): Promise<boolean | 'left'> {
    const { study, person, act } = context
    for (let waitedS = 0; waitedS < passSecondsMax; waitedS += passSeconds) {
      if (stopping()) return 'left'
      const stopped = act === 'erase' && flow.masking.leaks(study.id).length > 0
      if (stopped) {
        const arrived = await flow.arrived(passSeconds)
        await (await flow.lake.study(study.id)).forget({ ...(await whose(context)), keepEnds: true })
        await flow.masking.leave(study.id, await flow.patientKeys(study.id, [person.patientId]))
        if (arrived) return true
      } else if ((await flow.pipeline.wait({ study: study.id, timeoutS: passSeconds })).done) return true
    }
    return false
  }
  return {
    store: 'reservoir',
    effect: (act) => effectOn('reservoir', act),
    irreversible: (act) => effectOn('reservoir', act) === 'remove',
    async preview({ person, act }) {
      const gone = effectOn('reservoir', act) === 'remove'
      const { resources, profiles } = await repository.erasure.counts(person)
      return { counts: { rows: gone ? resources + profiles : 0 }, expectedMs: gone ? publishMs : 0 }
    },
    async act(context, stopping): Promise<StepOutcome | 'left'> {
      const { study, act } = context
      if (effectOn('reservoir', act) !== 'remove') return { counts: {} }
      const rows = await repository.erasure.entomb(context.person)
      const have = await passed(context, stopping)
      if (have === 'left') return 'left'
      if (!have) throw new Error('the stages behind have not caught up')
      const person = await masked(context)
      const readersGone = (begunBefore: number): void => query?.peopleWithdrew(study.id, { begunBefore, patientKey: person.patientKey })
      // What masking remembers beside the rows goes with an erasure only.
      const purged = await (act === 'erase'
        ? flow.forget(study.id, person, { readersGone, stopping })
        : flow.reservoir.purge(study.id, person, readersGone))
      if (purged === 'left') return 'left'
      const { files } = purged
      const { cuts } = await flow.leaveCuts(study.id, act, under(context))
      return { counts: { rows, files, cuts }, note: 'Snapshots and generations of before are gone, and with them whoever read them.' }
    },
    async verify(context) {
      const { study, act } = context
      if (effectOn('reservoir', act) !== 'remove') return true
      const { rows, traces } = await flow.reservoir.countOf(study.id, await masked(context))
      return rows === 0 && traces === 0 && (await flow.reservoir.cuts.traces(study.id, under(context))) === 0
    },
  }
}

const ofPerson =
  (repository: Repository) =>
  async ({ person }: StepContext): Promise<Whose> => ({
    patientId: person.patientId,
    named: new Set((await repository.erasure.keys(person)).map(({ type, id }) => `${type}/${id}`)),
  })

const maskedPerson =
  (repository: Repository, flow: Flow) =>
  async ({ study, person }: StepContext, maskingKey?: string): Promise<MaskedPerson> =>
    flow.masked(study.id, person.patientId, await repository.erasure.keys(person), maskingKey)

export function lakeStep(repository: Repository, flow: Flow, query: Query | null): StoreStep {
  const masked = maskedPerson(repository, flow)
  const whose = ofPerson(repository)
  const forgotten = async (context: StepContext) => ({ lake: await flow.lake.study(context.study.id), whose: await whose(context) })
  return {
    store: 'lake',
    effect: (act) => effectOn('lake', act),
    irreversible: (act) => effectOn('lake', act) === 'remove',
    async preview({ study, person, act }) {
      const gone = effectOn('lake', act) === 'remove'
      const { bytes } = (await flow.lake.study(study.id)).manifest()
      const { versions } = await repository.erasure.counts(person)
      return { counts: { versions: gone ? versions : 0 }, expectedMs: gone ? Math.ceil(bytes / lakeBytesPerMs) : 0 }
    },
    async act(context, stopping): Promise<StepOutcome | 'left'> {
      if (effectOn('lake', context.act) !== 'remove')
        return { counts: {}, note: 'Kept encrypted: nothing reads these rows but masking, which has passed them.' }
      const { lake, whose } = await forgotten(context)
      const forgot = await lake.forget(whose, stopping)
      if (forgot === 'left') return 'left'
      const { rows, segments } = forgot
      // What was masked anew from these rows since the step before.
      const person = await masked(context)
      const { patientKey } = person
      const readersGone = (begunBefore: number): void => query?.peopleWithdrew(context.study.id, { begunBefore, patientKey })
      if ((await flow.forget(context.study.id, person, { readersGone, stopping })) === 'left') return 'left'
      return { counts: { rows, segments } }
    },
    async verify(context) {
      if (effectOn('lake', context.act) !== 'remove') return true
      const { lake, whose } = await forgotten(context)
      return (await lake.holds(whose)) === 0
    },
  }
}
