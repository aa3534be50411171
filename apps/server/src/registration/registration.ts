import type {
  Acceptance,
  CareManagerAcceptance,
  InvitedAccount,
  InvitedAccountRequest,
  PatientRegistered,
  PatientRegistration,
  PatientRemoval,
  PatientRemoved,
  PractitionerRegistered,
  PractitionerRegistration,
  PractitionerRemoval,
  PractitionerRemoved,
  RelationshipRemoval,
  RelationshipRemoved,
  ThirdPartyRegistered,
  ThirdPartyRegistration,
} from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { FhirRequest } from '../fhir/index.js'
import { acceptPatientInvitation } from './acceptance.js'
import { acceptCareManagerInvitation, invitedAccount, type CareManagerAccepted } from './care-managers.js'
import type { EntryParts } from './entry.js'
import { registerPatient, removePatient } from './patients.js'
import { registerPractitioner, removePractitioner } from './practitioners.js'
import { registerThirdParty, removeRelationship } from './third-parties.js'

/** The eight operations, and an account for an invited one: each in one transaction, and once by its correlation id. */
export interface RegistrationDesk {
  registerPatient(request: FhirRequest, body: PatientRegistration): Promise<PatientRegistered | Refusal>
  registerPractitioner(request: FhirRequest, body: PractitionerRegistration): Promise<PractitionerRegistered | Refusal>
  registerThirdParty(request: FhirRequest, body: ThirdPartyRegistration): Promise<ThirdPartyRegistered | Refusal>
  acceptPatientInvitation(request: Omit<FhirRequest, 'grant'>, body: Acceptance): Promise<PatientRegistered | Refusal>
  acceptCareManagerInvitation(request: FhirRequest, body: CareManagerAcceptance): Promise<CareManagerAccepted | Refusal>
  invitedAccount(request: Omit<FhirRequest, 'grant'>, body: InvitedAccountRequest): Promise<InvitedAccount | Refusal>
  removeRelationship(request: FhirRequest, body: RelationshipRemoval): Promise<RelationshipRemoved | Refusal>
  removePatient(request: FhirRequest, body: PatientRemoval): Promise<PatientRemoved | Refusal>
  removePractitioner(request: FhirRequest, body: PractitionerRemoval): Promise<PractitionerRemoved | Refusal>
}

export function openRegistration(parts: EntryParts): RegistrationDesk {
  return {
    registerPatient: (request, body) => registerPatient(parts, request, body),
    registerPractitioner: (request, body) => registerPractitioner(parts, request, body),
    registerThirdParty: (request, body) => registerThirdParty(parts, request, body),
    acceptPatientInvitation: (request, body) => acceptPatientInvitation(parts, request, body),
    acceptCareManagerInvitation: (request, body) => acceptCareManagerInvitation(parts, request, body),
    invitedAccount: (request, body) => invitedAccount(parts, request, body),
    removeRelationship: (request, body) => removeRelationship(parts, request, body),
    removePatient: (request, body) => removePatient(parts, request, body),
    removePractitioner: (request, body) => removePractitioner(parts, request, body),
  }
}
