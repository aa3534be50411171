import { isObject } from '@aquifer/core/fhir'
import { studyStatuses, type StudyStatus } from '@aquifer/core/study'
import type { Study } from '../repository/index.js'

export const studyStatusUrl = 'urn:aquifer:study-status'

/** A study as clients of FHIR see it. */
export function studyGroup(study: Pick<Study, 'id' | 'name' | 'status'>): Record<string, unknown> {
  return {
    resourceType: 'Group',
    id: study.id,
    extension: [{ url: studyStatusUrl, valueCode: study.status }],
    identifier: [{ system: 'urn:aquifer:study-id', value: study.id }],
    type: 'person',
    actual: true,
    name: study.name,
  }
}

/** The status a Group carries when it is a study; undefined when it is a plain Group, null when it says one that does not exist. */
export function studyStatusOf(resource: Record<string, unknown>): StudyStatus | null | undefined {
  const extensions = resource['extension']
  if (!Array.isArray(extensions)) return undefined
  for (const extension of extensions as unknown[]) {
    if (!isObject(extension) || extension['url'] !== studyStatusUrl) continue
    const value = extension['valueCode'] ?? extension['valueString']
    return studyStatuses.find((status) => status === value) ?? null
  }
  return undefined
}
