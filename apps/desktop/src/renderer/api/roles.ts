import { mayUse, roles } from '@aquifer/core/access'
import type { Me } from '@aquifer/core/contract'

type Role = Me['role']

export const roleNames: Record<Role, string> = {
  patient: 'Patient',
  guardian: 'Guardian',
  practitioner: 'Practitioner',
  'care-manager': 'Care manager',
  investigator: 'Investigator',
  'cro-admin': 'CRO administrator',
  'study-manager': 'Study manager',
  analyst: 'Analyst',
  researcher: 'Researcher',
  device: 'Device',
  integrator: 'Integrator',
  operator: 'Operator',
  auditor: 'Auditor',
  'privacy-officer': 'Privacy officer',
  administrator: 'Administrator',
}

export const roleChoices = roles.map((id) => ({ id, label: roleNames[id] }))
/** Of what the server told: a role that this page does not know keeps its name. */
export const roleWords = (role: string): string => (role in roleNames ? roleNames[role as Role] : role)

/** What the page offers. The server decides again on each request; this only keeps doors away that would not open. */
export const mayQuery = (role: Role): boolean => mayUse(role, 'query.run')
/** Rows, or figures of groups: what is about notebooks and tables as such. */
export const mayAsk = (role: Role): boolean => mayQuery(role) || mayUse(role, 'query.count')
/** Figures of groups and never a row: what rests on rows is not offered. */
export const getsCountsOnly = (role: Role): boolean => mayAsk(role) && !mayQuery(role)
export const mayChangeCohorts = (role: Role): boolean => mayUse(role, 'cohorts.change')
export const mayRelease = (role: Role): boolean => mayUse(role, 'result-release')
export const maySeeFiles = (role: Role): boolean => mayUse(role, 'reservoir-files.list')
export const mayUseFiles = (role: Role): boolean => mayUse(role, 'reservoir-files.use')
export const mayRemoveFiles = (role: Role): boolean => mayUse(role, 'files.remove')
export const maySeeCuts = (role: Role): boolean => mayUse(role, 'cut.read')
export const mayMakeCuts = (role: Role): boolean => mayUse(role, 'cut.make')
export const maySeeConsent = (role: Role): boolean => mayUse(role, 'consent.summary')
export const maySeeRefusals = (role: Role): boolean => mayUse(role, 'consent.refusals')
export const maySeePipeline = (role: Role): boolean => mayUse(role, 'pipeline.status')
export const mayExpectFeeds = (role: Role): boolean => mayUse(role, 'feeds.expect')
export const maySeeParticipants = (role: Role): boolean => mayUse(role, 'consent.participants')
export const mayLogParticipants = (role: Role): boolean => mayUse(role, 'consent.log')
export const maySeeWithdrawals = (role: Role): boolean => mayUse(role, 'consent.withdrawals')
export const mayAudit = (role: Role): boolean => mayUse(role, 'audit.read')
export const mayReviewEmergencies = (role: Role): boolean => mayUse(role, 'break-glass.review')
/** Here for his own data or that of somebody he stands in for, and not for work. */
export const isPerson = (role: Role): boolean => role === 'patient' || role === 'guardian'
export const mayListPeople = (role: Role): boolean => mayUse(role, 'people.list')
export const mayManagePeople = (role: Role): boolean => mayUse(role, 'people.manage')
export const mayManageClients = (role: Role): boolean => mayUse(role, 'clients.manage')
export const mayReviewAccess = (role: Role): boolean => mayUse(role, 'access.review')
export const mayRecertify = (role: Role): boolean => mayUse(role, 'access.recertify')
export const maySeeRelationships = (role: Role): boolean => mayUse(role, 'relationships.read')
export const mayChangeRelationships = (role: Role): boolean => mayUse(role, 'relationships.change')
export const mayReadPolicy = (role: Role): boolean => mayUse(role, 'policy.read')
export const mayProposePolicy = (role: Role): boolean => mayUse(role, 'policy.propose')
export const maySignPolicy = (role: Role): boolean => mayUse(role, 'policy.sign')
export const mayAskWhy = (role: Role): boolean => mayUse(role, 'access.why')
export const maySeeSignatures = (role: Role): boolean => mayUse(role, 'signature.read')
export const mayAdminister = (role: Role): boolean =>
  [mayListPeople, mayReviewAccess, maySeeRelationships, mayReadPolicy].some((may) => may(role))
export const maySeeInvitations = (role: Role): boolean => mayUse(role, 'registration.invitations')
export const mayInvite = (role: Role): boolean => mayUse(role, 'registration.invite')
export const mayChangeStudy = (role: Role): boolean => mayUse(role, 'study.create')
export const mayWithdraw = (role: Role): boolean => mayUse(role, 'consent.withdraw')
export const mayReadMasking = (role: Role): boolean => mayUse(role, 'masking.read')
export const mayProposeMasking = (role: Role): boolean => mayUse(role, 'masking.propose')
export const maySignMasking = (role: Role): boolean => mayUse(role, 'masking.sign')
export const mayChangeKeys = (role: Role): boolean => mayUse(role, 'masking.keys')
export const mayHoldShares = (role: Role): boolean => mayUse(role, 'masking.share')
export const maySeeReidentifications = (role: Role): boolean => mayUse(role, 'reidentify.read')
export const mayAskWho = (role: Role): boolean => mayUse(role, 'reidentify.request')
export const mayDecideWho = (role: Role): boolean => mayUse(role, 'reidentify.decide')
export const maySeeLeaks = (role: Role): boolean => mayUse(role, 'leaks.read')
export const mayAcceptLeaks = (role: Role): boolean => mayUse(role, 'leaks.accept')
export const maySeeRisk = (role: Role): boolean => mayUse(role, 'risk.read') || mayUse(role, 'risk.summary')
export const mayPreviewRisk = (role: Role): boolean => mayUse(role, 'risk.read')
export const maySeeQuality = (role: Role): boolean => mayUse(role, 'quality.read')
export const mayRunQuality = (role: Role): boolean => mayUse(role, 'quality.run')
export const maySeeHeld = (role: Role): boolean => mayUse(role, 'held.read')
export const mayActOnHeld = (role: Role): boolean => mayUse(role, 'held.act')
export const mayDecideDisplays = (role: Role): boolean => mayUse(role, 'displays.decide')
export const maySeePrivacy = (role: Role): boolean => [mayReadMasking, maySeeLeaks, maySeeRisk, maySeeHeld].some((may) => may(role))
