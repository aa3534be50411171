import type {
  Notebook,
  NotebookCell,
  NotebookDraft,
  NotebookList,
  NotebookSave,
  NotebookSummary,
  NotebookVersions,
} from '@aquifer/core/contract'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, StoredNotebook, Study } from '../repository/index.js'

/** Notebooks of a study: everyone who may query it reads them, their owner changes them. */
export interface NotebookDesk {
  /** All, or only those of one owner. */
  list(study: Study, owner?: string | null): Promise<NotebookList>
  create(study: Study, actor: string, draft: NotebookDraft): Promise<Notebook>
  read(study: Study, id: string): Promise<Notebook | Refusal>
  save(study: Study, id: string, actor: string, change: NotebookSave): Promise<Notebook | Refusal>
  remove(study: Study, id: string, actor: string): Promise<true | Refusal>
  versions(study: Study, id: string): Promise<NotebookVersions | Refusal>
  /** As a version was saved: what a link that was given to somebody shows, whatever came after. */
  at(study: Study, id: string, version: number): Promise<Notebook | Refusal>
  /** Whose a notebook is and of which study, so that the caller's reach can be asked. */
  placeOf(id: string): Promise<{ sid: number; owner: string } | null>
  /** Notebooks whose SQL names the table, and which of its columns. */
  using(study: Study, table: string, columns: ReadonlySet<string>): Promise<{ id: string; title: string; columns: string[] }[]>
}

const notebookVersionsMax = 500

const noSuchNotebook = (): Refusal => refuse('unknown', { detail: 'There is no such notebook here.' })

export function openNotebooks(repository: Pick<Repository, 'notebooks'>, newId: () => string): NotebookDesk {
  const { notebooks } = repository
  const own = async (study: Study, id: string, actor: string): Promise<StoredNotebook | Refusal> => {
    const found = await notebooks.byId(id)
    if (found?.sid !== study.sid) return noSuchNotebook()
    return found.owner === actor ? found : refuse('not-permitted', { detail: 'Only its owner changes a notebook.' })
  }
  return {
    async list(study, owner = null) {
      const found = (await notebooks.list(study.sid)).filter((stored) => owner === null || stored.owner === owner)
      return { notebooks: found.map((stored) => summaryOf(stored, study.id)) }
    },
    async create(study, actor, { title, cut = null, cells = [] }) {
      return viewOf(await notebooks.create({ id: newId(), sid: study.sid, owner: actor, title, cut, cells }), study.id)
    },
    async read(study, id) {
      const found = await notebooks.byId(id)
      return found?.sid === study.sid ? viewOf(found, study.id) : noSuchNotebook()
    },
    async save(study, id, actor, { version, title, cut = null, cells = [] }) {
      const found = await own(study, id, actor)
      if ('refusal' in found) return found
      const saved = await notebooks.save(id, version, { title, cut, cells })
      if (saved === 'not-found') return noSuchNotebook()
      if (saved === 'version-conflict') return refuse('conflict', { detail: 'The notebook was saved meanwhile.', current: found.version })
      return viewOf(saved, study.id)
    },
    async remove(study, id, actor) {
      const found = await own(study, id, actor)
      if ('refusal' in found) return found
      return (await notebooks.remove(id)) || noSuchNotebook()
    },
    async using(study, table, columns) {
      return (await notebooks.holding(study.sid, table)).flatMap(({ id, title, cells }) => {
        const words = wordsOf(cells as NotebookCell[])
        return words.has(table.toLowerCase()) ? [{ id, title, columns: [...columns].filter((each) => words.has(each.toLowerCase())) }] : []
      })
    },
    async versions(study, id) {
      if ((await notebooks.byId(id))?.sid !== study.sid) return noSuchNotebook()
      const versions = await notebooks.versions(id, notebookVersionsMax)
      return { versions: versions.map((version) => ({ ...version, at: new Date(version.at).toISOString() })) }
    },
    async at(study, id, version) {
      const found = await notebooks.at(id, version)
      return found?.sid === study.sid ? viewOf(found, study.id) : noSuchNotebook()
    },
    placeOf: async (id) => notebooks.byId(id),
  }
}

const wordsOf = (cells: readonly NotebookCell[]): Set<string> =>
  new Set(cells.flatMap(({ kind, source }) => (kind === 'sql' ? (source.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_-]*/gu) ?? []) : [])))

function summaryOf({ id, title, version, updatedAt, cut }: Omit<StoredNotebook, 'cells'>, study: string): NotebookSummary {
  return { id, study, title, version, updatedAt: new Date(updatedAt).toISOString(), cut }
}
const viewOf = (stored: StoredNotebook, study: string): Notebook => ({ ...summaryOf(stored, study), cells: stored.cells as NotebookCell[] })
