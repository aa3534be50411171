import { roles, type Right } from '@aquifer/core/access'
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

type Asker = Pick<Me, 'rights'>
// The server says what the role may do under the policy in force; a right that this page does not know does no harm.
const holds = ({ rights }: Asker, right: Right): boolean => rights.includes(right)

/** What the page offers. The server decides again on each request; this only keeps doors away that would not open. */
export const mayQuery = (me: Asker): boolean => holds(me, 'query.run')
/** Rows, or figures of groups: what is about notebooks and tables as such. */
export const mayAsk = (me: Asker): boolean => mayQuery(me) || holds(me, 'query.count')
/** Figures of groups and never a row: what rests on rows is not offered. */
export const getsCountsOnly = (me: Asker): boolean => mayAsk(me) && !mayQuery(me)
export const mayChangeCohorts = (me: Asker): boolean => holds(me, 'cohorts.change')
export const mayRelease = (me: Asker): boolean => holds(me, 'result-release')
export const maySeeFiles = (me: Asker): boolean => holds(me, 'reservoir-files.list')
export const mayUseFiles = (me: Asker): boolean => holds(me, 'reservoir-files.use')
export const mayRemoveFiles = (me: Asker): boolean => holds(me, 'files.remove')
export const maySeeCuts = (me: Asker): boolean => holds(me, 'cut.read')
export const mayMakeCuts = (me: Asker): boolean => holds(me, 'cut.make')
export const maySeeConsent = (me: Asker): boolean => holds(me, 'consent.summary')
export const maySeeRefusals = (me: Asker): boolean => holds(me, 'consent.refusals')
export const maySeePipeline = (me: Asker): boolean => holds(me, 'pipeline.status')
export const mayExpectFeeds = (me: Asker): boolean => holds(me, 'feeds.expect')
export const maySeeParticipants = (me: Asker): boolean => holds(me, 'consent.participants')
export const mayLogParticipants = (me: Asker): boolean => holds(me, 'consent.log')
export const maySeeWithdrawals = (me: Asker): boolean => holds(me, 'consent.withdrawals')
export const mayAudit = (me: Asker): boolean => holds(me, 'audit.read')
export const mayReviewEmergencies = (me: Asker): boolean => holds(me, 'break-glass.review')
/** Here for his own data or that of somebody he stands in for, and not for work. */
export const isPerson = (role: Role): boolean => role === 'patient' || role === 'guardian'
export const mayListPeople = (me: Asker): boolean => holds(me, 'people.list')
export const mayManagePeople = (me: Asker): boolean => holds(me, 'people.manage')
export const mayManageClients = (me: Asker): boolean => holds(me, 'clients.manage')
export const mayReviewAccess = (me: Asker): boolean => holds(me, 'access.review')
export const mayRecertify = (me: Asker): boolean => holds(me, 'access.recertify')
export const maySeeRelationships = (me: Asker): boolean => holds(me, 'relationships.read')
export const mayChangeRelationships = (me: Asker): boolean => holds(me, 'relationships.change')
export const mayReadPolicy = (me: Asker): boolean => holds(me, 'policy.read')
export const mayProposePolicy = (me: Asker): boolean => holds(me, 'policy.propose')
export const maySignPolicy = (me: Asker): boolean => holds(me, 'policy.sign')
export const mayAskWhy = (me: Asker): boolean => holds(me, 'access.why')
export const maySeeSignatures = (me: Asker): boolean => holds(me, 'signature.read')
export const mayAdminister = (me: Asker): boolean =>
  [mayListPeople, mayReviewAccess, maySeeRelationships, mayReadPolicy].some((may) => may(me))
export const maySeeInvitations = (me: Asker): boolean => holds(me, 'registration.invitations')
export const mayInvite = (me: Asker): boolean => holds(me, 'registration.invite')
export const mayChangeStudy = (me: Asker): boolean => holds(me, 'study.create')
export const mayWithdraw = (me: Asker): boolean => holds(me, 'consent.withdraw')
export const mayReadMasking = (me: Asker): boolean => holds(me, 'masking.read')
export const mayProposeMasking = (me: Asker): boolean => holds(me, 'masking.propose')
export const maySignMasking = (me: Asker): boolean => holds(me, 'masking.sign')
export const mayChangeKeys = (me: Asker): boolean => holds(me, 'masking.keys')
export const mayHoldShares = (me: Asker): boolean => holds(me, 'masking.share')
export const maySeeReidentifications = (me: Asker): boolean => holds(me, 'reidentify.read')
export const mayAskWho = (me: Asker): boolean => holds(me, 'reidentify.request')
export const mayDecideWho = (me: Asker): boolean => holds(me, 'reidentify.decide')
export const maySeeLeaks = (me: Asker): boolean => holds(me, 'leaks.read')
export const mayAcceptLeaks = (me: Asker): boolean => holds(me, 'leaks.accept')
export const maySeeRisk = (me: Asker): boolean => holds(me, 'risk.read') || holds(me, 'risk.summary')
export const mayPreviewRisk = (me: Asker): boolean => holds(me, 'risk.read')
export const maySeeQuality = (me: Asker): boolean => holds(me, 'quality.read')
export const mayRunQuality = (me: Asker): boolean => holds(me, 'quality.run')
export const maySeeHeld = (me: Asker): boolean => holds(me, 'held.read')
export const mayActOnHeld = (me: Asker): boolean => holds(me, 'held.act')
export const mayDecideDisplays = (me: Asker): boolean => holds(me, 'displays.decide')
export const maySeePrivacy = (me: Asker): boolean => [mayReadMasking, maySeeLeaks, maySeeRisk, maySeeHeld].some((may) => may(me))
