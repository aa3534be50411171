import type { Endpoint } from './endpoints.js'
import { studyApplied, studyDiff, studyFile, studyVersions } from './study-file.js'

const system = 'study'
export const studyFileEndpoints = {
  diffStudy: {
    method: 'POST',
    path: '/study/api/v1/diff',
    system,
    summary: 'What a study file would change',
    body: studyFile,
    answer: studyDiff,
  },
  applyStudy: {
    method: 'POST',
    path: '/study/api/v1/apply',
    system,
    summary: 'Create or change a study by a file; every change is a version of its own, never retroactive',
    body: studyFile,
    answer: studyApplied,
  },
  studySettings: {
    method: 'GET',
    path: '/study/api/v1/studies/{id}/settings',
    system,
    summary: 'All settings of a study, as a file',
    answer: studyFile,
  },
  studyVersions: {
    method: 'GET',
    path: '/study/api/v1/studies/{id}/versions',
    system,
    summary: 'What the settings were, newest first',
    answer: studyVersions,
  },
} as const satisfies Record<string, Endpoint>
