import type { StudyView } from '@aquifer/core/contract'
import {
  completeStudy,
  isStudyId,
  settingsFindings,
  settingsOf,
  type PolicyDates,
  type StudyRequest,
  type StudySettings,
  type StudyStatus,
} from '@aquifer/core/study'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { NewMaskingPolicy, Repository, Study } from '../repository/index.js'

// Settings change seldom; a change made by another process is seen after at most this long.
const freshMs = 2_000

/** The masking policy of its own that a study begins with. */
export interface InitialPolicy {
  policy: NewMaskingPolicy
  label: string
  dates: PolicyDates
}

export interface Studies {
  create(request: StudyRequest, settings?: Partial<StudySettings>, initial?: InitialPolicy): Promise<Study | Refusal>
  byId(id: string): Promise<Study | null>
  bySid(sid: number): Promise<Study | null>
  list(): Promise<Study[]>
  changeStatus(study: Study, status: StudyStatus): Promise<Study | Refusal>
  /** Forget what was read, after a change made past this object. */
  refresh(): void
}

export function openStudies(options: { repository: Repository; now: () => number }): Studies {
  const { repository, now } = options
  let read: { at: number; all: Promise<Study[]> } | null = null
  const all = (): Promise<Study[]> => {
    if (read === null || now() - read.at > freshMs) read = { at: now(), all: repository.studies.list() }
    return read.all
  }
  const refresh = () => {
    read = null
  }
  return {
    async create(request, settings, initial) {
      const asked = initial === undefined ? request : { ...request, masking: initial.label }
      const study = completeStudy(asked, initial?.dates)
      if (isRefusal(study)) return study
      const issues = settingsFindings(settingsOf({ ...settings }), study)
      if (issues.length > 0)
        return refuse('invalid', { detail: issues.map(({ path, message }) => `${path}: ${message}`).join('; '), issues })
      const sites = study.sites.map((id) => ({ id, name: id }))
      const created = await repository.studies.create({ ...study, settings: { ...settings }, createdAt: now(), sites }, initial?.policy)
      refresh()
      return created === 'exists' ? refuse('already-exists', { detail: 'A study with this id exists already.' }) : created
    },
    async byId(id) {
      if (!isStudyId(id)) return null
      const wanted = id.toLowerCase()
      const known = (await all()).find((study) => study.id.toLowerCase() === wanted)
      return known ?? (await repository.studies.byId(id))
    },
    bySid: async (sid) => (await all()).find((study) => study.sid === sid) ?? null,
    list: all,
    async changeStatus(study, status) {
      const changed = await repository.studies.update(study.sid, study.version, { status })
      refresh()
      return changed === 'version-conflict' ? refuse('conflict', { detail: 'The study was changed meanwhile.' }) : changed
    },
    refresh,
  }
}

export function toStudyView(study: Study): StudyView {
  return {
    id: study.id,
    name: study.name,
    kind: study.kind as StudyView['kind'],
    status: study.status as StudyView['status'],
    enrolment: study.enrolment as StudyView['enrolment'],
    sites: study.sites.map((site) => site.id),
    required: study.required,
    maskingPolicy: study.masking,
    publish: study.publish,
    partition: study.partition as StudyView['partition'],
    zone: study.zone,
    version: study.version,
    createdAt: new Date(study.createdAt).toISOString(),
  }
}
