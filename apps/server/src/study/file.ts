import type { StudyApplied, StudyDiff, StudyFile, StudyVersions } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import {
  completeStudy,
  datesUnder,
  settingsDiff,
  settingsFindings,
  settingsOf,
  type PolicyDates,
  type Study as StudyShape,
  type StudySettings,
} from '@aquifer/core/study'
import type { Repository, Study } from '../repository/index.js'
import type { Studies } from './studies.js'

/** A study as one file: what it says now, what a file would change, and the change itself. */
export interface StudyFiles {
  file(study: Study): StudyFile
  diff(file: StudyFile): Promise<StudyDiff | Refusal>
  apply(file: StudyFile, actor: string): Promise<(StudyApplied & { created: Study | null }) | Refusal>
  versions(study: Study): Promise<StudyVersions>
}

const furtherNames = [
  'jurisdiction',
  'legalHold',
  'strict',
  'targets',
  'forms',
  'apps',
  'visits',
  'reminders',
  'letters',
  'output',
  'keepSnapshots',
] as const satisfies (keyof StudySettings)[]

interface Parts {
  repository: Repository
  studies: Studies
  now: () => number
  /** what the policy of the study's own does to dates; null where the one it names cannot be trusted */
  datesOf: (study: Study) => Promise<PolicyDates | null>
}

export function openStudyFiles(parts: Parts): StudyFiles {
  const { repository, studies, now } = parts
  const planned = async (file: StudyFile): Promise<Plan | Refusal> => {
    const stored = await repository.studies.byId(file.id)
    if (stored === null || datesUnder(stored.masking) !== null) return planOf(stored, file, null)
    // Weaker or stronger: what two people signed is changed by two people.
    if (file.masking !== undefined && file.masking !== stored.masking) return signedBefore(stored.masking)
    return planOf(stored, file, await parts.datesOf(stored))
  }
  return {
    file: (study) => fileOf(study),
    async diff(file) {
      const plan = await planned(file)
      return isRefusal(plan) ? plan : toDiff(plan)
    },
    async apply(file, actor) {
      const plan = await planned(file)
      if (isRefusal(plan)) return plan
      const { stored, next, further, changes } = plan
      if (changes.length === 0) return { ...toDiff(plan), applied: false, created: null }
      const changed = stored === null ? await studies.create(next, further) : await change(repository, stored, plan)
      studies.refresh()
      if (isRefusal(changed)) return changed
      await repository.studies.noteVersion(changed.sid, { version: changed.version, at: now(), actor, document: fileOf(changed) })
      return { ...toDiff(plan), version: changed.version, applied: true, created: stored === null ? changed : null }
    },
    async versions(study) {
      const all = await repository.studies.versions(study.sid)
      return {
        versions: all.map(({ version, at, actor, document }) => ({ version, at: new Date(at).toISOString(), by: actor, document })),
      }
    },
  }
}

interface Plan {
  stored: Study | null
  next: StudyShape
  further: StudySettings
  changes: StudyDiff['changes']
}

const toDiff = ({ stored, next, changes }: Plan): StudyDiff => ({
  study: next.id,
  exists: stored !== null,
  version: stored?.version ?? 0,
  changes,
})

function fileOf(study: Study): StudyFile & Record<string, unknown> {
  const { id, name, kind, status, enrolment, required, masking, publish, partition, zone } = study
  const own = { id, name, kind, status, enrolment, sites: study.sites.map((site) => site.id), required, masking, publish, partition, zone }
  return { ...own, ...settingsOf(study.settings) } as StudyFile & Record<string, unknown>
}

const signedBefore = (label: string): Refusal =>
  refuse('business-rule', {
    detail: `The study is masked by ${label}, a policy of its own: propose another (one that only extends a built-in policy will do), and two people sign it.`,
  })

function planOf(stored: Study | null, file: StudyFile, own: PolicyDates | null): Plan | Refusal {
  const before = stored === null ? {} : fileOf(stored)
  const merged: StudyFile = { ...before, ...file, id: stored?.id ?? file.id }
  if (merged.name === undefined) return refuse('invalid', { detail: 'name: a new study needs a name.' })
  const sites = [...new Set([...(stored?.sites.map((site) => site.id) ?? []), ...(file.sites ?? [])])]
  if (stored !== null && file.sites !== undefined && file.sites.length < sites.length)
    return refuse('business-rule', { detail: 'A site is not taken out of a study: data may stand there.' })
  // The kind fixes what people were promised about withdrawing: once the study is open it stays.
  if (stored !== null && stored.status !== 'draft' && file.kind !== undefined && file.kind !== stored.kind)
    return refuse('business-rule', { detail: 'The kind of a study changes only while it is a draft.' })
  const { id, name, kind, status, enrolment, required, masking, publish, partition, zone } = merged
  const asked = { id, name, kind, status, enrolment, sites, required, masking, publish, partition, zone }
  const next = completeStudy(
    Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as unknown as StudyShape,
    own,
  )
  if (isRefusal(next)) return next
  const said = Object.fromEntries(furtherNames.flatMap((key) => (file[key] === undefined ? [] : [[key, file[key]]])))
  const further = settingsOf({ ...stored?.settings, ...said })
  const issues = settingsFindings(further, next)
  if (issues.length > 0) return refuse('invalid', { detail: issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '), issues })
  return { stored, next, further, changes: settingsDiff(before, { ...next, ...further }) }
}

async function change(repository: Repository, stored: Study, { next, further }: Plan): Promise<Study | Refusal> {
  for (const id of next.sites)
    if (!stored.sites.some((site) => site.id === id)) await repository.studies.addSite(stored.sid, { id, name: id })
  const { name, kind, status, enrolment, required, masking, publish, partition, zone } = next
  const settings = { ...stored.settings, ...further }
  const own = { name, kind, status, enrolment, required, masking, publish, partition, zone, settings }
  const changed = await repository.studies.update(stored.sid, stored.version, own)
  return changed === 'version-conflict' ? refuse('conflict', { detail: 'The study was changed meanwhile.' }) : changed
}
