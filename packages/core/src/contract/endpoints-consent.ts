import type { Endpoint } from './endpoints.js'
import { aheadView, personDecisions, versionMatrix } from './consent-people.js'
import { funnelView, participantList, participantRequest, participantStepRequest, participantView } from './participants.js'
import { previewRequest, signedCertificate, withdrawalList, withdrawalPreview, withdrawalRequest, withdrawalView } from './withdrawal.js'

const ofStudy = '/consent/api/v1/studies/{id}'
const system = 'consent'

export const consentEndpoints = {
  previewWithdrawal: {
    method: 'POST',
    path: `${ofStudy}/withdrawals/preview`,
    system,
    summary: 'What a withdrawal would touch, how long it takes, what is kept and why',
    body: previewRequest,
    answer: withdrawalPreview,
  },
  withdraw: {
    method: 'POST',
    path: `${ofStudy}/withdrawals`,
    system,
    summary: 'Withdraw one person; in force with the answer, carried through all stores as a job',
    body: withdrawalRequest,
    answer: withdrawalView,
    status: 201,
  },
  withdrawals: {
    method: 'GET',
    path: `${ofStudy}/withdrawals`,
    system,
    summary: 'Withdrawals of a study, newest first',
    query: ['limit', 'before'],
    answer: withdrawalList,
  },
  withdrawal: {
    method: 'GET',
    path: `${ofStudy}/withdrawals/{withdrawal}`,
    system,
    summary: 'One withdrawal: its steps through the stores',
    answer: withdrawalView,
  },
  resumeWithdrawal: {
    method: 'POST',
    path: `${ofStudy}/withdrawals/{withdrawal}/resume`,
    system,
    summary: 'Go on with a withdrawal whose job failed',
    answer: withdrawalView,
  },
  withdrawalCertificate: {
    method: 'GET',
    path: `${ofStudy}/withdrawals/{withdrawal}/certificate`,
    system,
    summary: 'Signed certificate of a finished withdrawal',
    answer: signedCertificate,
  },

  consentAhead: {
    method: 'GET',
    path: `${ofStudy}/ahead`,
    system,
    summary: 'Who comes of age, whose consent ends, who has to consent anew',
    query: ['days'],
    answer: aheadView,
  },
  consentPeople: {
    method: 'GET',
    path: `${ofStudy}/people`,
    system,
    summary: 'The decision about each person, with its reasons',
    query: ['asOf', 'limit', 'after'],
    answer: personDecisions,
  },
  consentVersions: {
    method: 'GET',
    path: `${ofStudy}/versions`,
    system,
    summary: 'People by form version and site',
    answer: versionMatrix,
  },

  participants: {
    method: 'GET',
    path: `${ofStudy}/participants`,
    system,
    summary: 'The participant log, by subject number',
    query: ['state', 'site', 'limit', 'after'],
    answer: participantList,
  },
  logParticipant: {
    method: 'POST',
    path: `${ofStudy}/participants`,
    system,
    summary: 'Log somebody who was invited or screened',
    body: participantRequest,
    answer: participantView,
    status: 201,
  },
  participant: {
    method: 'GET',
    path: `${ofStudy}/participants/{subject}`,
    system,
    summary: 'One participant with all steps',
    answer: participantView,
  },
  moveParticipant: {
    method: 'POST',
    path: `${ofStudy}/participants/{subject}/steps`,
    system,
    summary: 'Log the next step of a participant',
    body: participantStepRequest,
    answer: participantView,
  },
  funnel: {
    method: 'GET',
    path: `${ofStudy}/funnel`,
    system,
    summary: 'How many came how far, by site and month, against the targets',
    query: ['asOf'],
    answer: funnelView,
  },
} as const satisfies Record<string, Endpoint>
