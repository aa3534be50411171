import type { Endpoint } from './endpoints.js'
import {
  invitationList,
  invitationRequest,
  invitationView,
  openedInvitation,
  revealedInvitation,
  revealedInvitations,
  rosterPreview,
} from './invitations.js'
import {
  acceptance,
  careManagerAcceptance,
  careManagerAccepted,
  invitationCode,
  invitedAccount,
  invitedAccountRequest,
  patientRegistered,
  patientRegistration,
  patientRemoval,
  patientRemoved,
  practitionerRegistered,
  practitionerRegistration,
  practitionerRemoval,
  practitionerRemoved,
  relationshipRemoval,
  relationshipRemoved,
  thirdPartyRegistered,
  thirdPartyRegistration,
} from './registration.js'

const base = '/registration/api/v1'
const system = 'registration'
const invitations = `${base}/studies/{id}/invitations`
const operation = (name: string, summary: string, more: Partial<Endpoint>): Endpoint => ({
  method: 'POST',
  path: `${base}/${name}`,
  system,
  summary,
  ...more,
})

/** Each all or nothing, and by its X-Correlation-Id done once. */
export const registrationEndpoints = {
  registerPatient: operation('registerPatient', 'Patient, consents and enrolment in one step', {
    body: patientRegistration,
    answer: patientRegistered,
    status: 201,
  }),
  registerPractitioner: operation('registerPractitioner', 'Practitioner and his place at a site', {
    body: practitionerRegistration,
    answer: practitionerRegistered,
    status: 201,
  }),
  registerThirdParty: operation('registerThirdParty', 'Guardian or third party of a patient', {
    body: thirdPartyRegistration,
    answer: thirdPartyRegistered,
    status: 201,
  }),
  acceptPatientInvitation: operation('acceptPatientInvitation', 'The invited person’s own decision; the code is the right', {
    open: true,
    body: acceptance,
    answer: patientRegistered,
    status: 201,
  }),
  acceptCareManagerInvitation: operation('acceptCareManagerInvitation', 'Take on the care of a patient', {
    body: careManagerAcceptance,
    answer: careManagerAccepted,
    status: 201,
  }),
  invitedAccount: operation('invitedAccount', 'An account for an invited care manager who has none; the code is the right', {
    open: true,
    body: invitedAccountRequest,
    answer: invitedAccount,
    status: 201,
  }),
  removeRelationship: operation('removeRelationship', 'End a relationship', { body: relationshipRemoval, answer: relationshipRemoved }),
  removePatient: operation('removePatient', 'Withdraw a patient; the answer says by which act', {
    body: patientRemoval,
    answer: patientRemoved,
  }),
  removePractitioner: operation('removePractitioner', 'End a practitioner’s relationships in a study, and an account nothing else needs', {
    body: practitionerRemoval,
    answer: practitionerRemoved,
  }),

  invite: {
    method: 'POST',
    path: invitations,
    system,
    summary: 'Invite one person; the answer tells the code',
    body: invitationRequest,
    answer: revealedInvitation,
    status: 201,
  },
  inviteMany: {
    method: 'POST',
    path: `${invitations}/csv`,
    system,
    summary: 'Invite everybody on a list (email, language, site), or nobody where a line is wrong',
    bodyType: 'text/csv',
    answer: revealedInvitations,
    status: 201,
  },
  previewInvitations: {
    method: 'POST',
    path: `${invitations}/csv/preview`,
    system,
    summary: 'What a list would invite and what is wrong in it, line by line; nobody is invited',
    bodyType: 'text/csv',
    answer: rosterPreview,
  },
  invitations: {
    method: 'GET',
    path: invitations,
    system,
    summary: 'Invitations of a study and where they stand',
    query: ['limit', 'after', 'state', 'order'],
    answer: invitationList,
  },
  remind: {
    method: 'POST',
    path: `${invitations}/{invitation}/remind`,
    system,
    summary: 'Send an invitation anew, under a new code',
    answer: revealedInvitation,
  },
  revokeInvitation: {
    method: 'DELETE',
    path: `${invitations}/{invitation}`,
    system,
    summary: 'Revoke an invitation',
    answer: invitationView,
  },
  openInvitation: operation('openInvitation', 'What an invitation is about', {
    open: true,
    body: invitationCode,
    answer: openedInvitation,
  }),
} as const satisfies Record<string, Endpoint>
