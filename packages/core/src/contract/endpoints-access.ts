import { newRelationship, relationshipList, relationshipView, whyAnswer } from './access.js'
import type { Endpoint } from './endpoints.js'

export const accessEndpoints = {
  relationships: {
    method: 'GET',
    path: '/access/api/v1/relationships',
    system: 'access',
    summary: 'Relationships of a study, a holder or a person',
    query: ['study', 'kind', 'holder', 'patient', 'after', 'limit'],
    answer: relationshipList,
  },
  addRelationship: {
    method: 'POST',
    path: '/access/api/v1/relationships',
    system: 'access',
    summary: 'Add a relationship; X-Aquifer-Reason says why',
    body: newRelationship,
    answer: relationshipView,
    status: 201,
  },
  endRelationship: {
    method: 'DELETE',
    path: '/access/api/v1/relationships/{id}',
    system: 'access',
    summary: 'End a relationship at once; X-Aquifer-Reason says why',
    answer: relationshipView,
  },
  why: {
    method: 'GET',
    path: '/access/api/v1/why',
    system: 'access',
    summary: 'Which rule and relationship decide a case',
    query: ['user', 'act', 'resource', 'study', 'tokenStudies', 'tokenSites', 'tokenPatient'],
    answer: whyAnswer,
  },
} as const satisfies Record<string, Endpoint>
