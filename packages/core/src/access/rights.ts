import { roles, type Role } from './roles.js'

/** Acts outside FHIR, each with the roles that may. What is not here nobody may. */
const holders = {
  'study.list': 'all',
  'study.create': ['administrator', 'study-manager'],
  'study.define': ['administrator', 'study-manager'],
  'consent.summary': ['study-manager', 'cro-admin', 'investigator', 'privacy-officer', 'auditor'],
  'consent.refusals': ['study-manager', 'privacy-officer', 'auditor'],
  'consent.decide': ['study-manager', 'administrator'],
  'consent.log': ['study-manager', 'investigator'],
  'consent.participants': ['study-manager', 'cro-admin', 'investigator', 'privacy-officer', 'auditor'],
  'consent.withdraw': ['study-manager', 'privacy-officer'],
  // What a withdrawal would do, told to whom it would happen; who may withdraw others may see it of them, too.
  'consent.preview': ['patient', 'guardian'],
  // Whose data nobody may see any more: the Contracts stay with those who answer for consent, and with the person.
  'consent.withheld': ['study-manager', 'privacy-officer', 'patient', 'guardian'],
  'consent.withdrawals': ['study-manager', 'privacy-officer', 'auditor'],
  'import.run': ['integrator', 'study-manager'],
  // Whole records of a study in files: for who reads identified data of its people as a whole.
  'export.run': ['integrator', 'investigator', 'cro-admin'],
  'pipeline.status': [
    'integrator',
    'study-manager',
    'investigator',
    'cro-admin',
    'analyst',
    'researcher',
    'operator',
    'auditor',
    'privacy-officer',
    'administrator',
  ],
  'pipeline.control': ['operator', 'administrator'],
  // What waits before masking: groups by cause for who answers for the pipeline, single resources for who decides on them.
  'held.read': ['study-manager', 'operator', 'auditor', 'privacy-officer'],
  'held.act': ['privacy-officer'],
  // Texts of displays that wait are identified content.
  'displays.decide': ['privacy-officer'],
  'feeds.read': ['integrator', 'study-manager', 'operator', 'auditor', 'administrator'],
  'feeds.expect': ['integrator', 'study-manager', 'operator', 'administrator'],
  // Counts by site and feed of what is wrong with the data that came; never an id or a value.
  'quality.read': ['study-manager', 'cro-admin', 'operator'],
  'quality.run': ['study-manager', 'operator'],
  'leaks.read': ['privacy-officer', 'auditor', 'operator'],
  'leaks.accept': ['privacy-officer'],
  'cut.read': ['study-manager', 'analyst', 'researcher', 'auditor', 'privacy-officer', 'investigator', 'cro-admin'],
  'cut.make': ['study-manager'],
  // Masked rows.
  'query.run': ['analyst', 'researcher'],
  // Counts only: without `query.run`, figures of groups, suppressed and rounded.
  'query.count': ['analyst', 'researcher', 'study-manager'],
  // A result leaves the house as a file. A permission beside the level, of what the caller may see; a researcher's releases are approved one by one.
  'result-release': ['analyst', 'study-manager'],
  // A view shows masked rows only, which whoever may add one reads by statements anyway; it becomes a table for all of the study.
  'views.read': ['analyst', 'researcher', 'study-manager', 'privacy-officer', 'auditor'],
  'views.change': ['analyst', 'study-manager'],
  // Anybody's, not one's own only.
  'views.govern': ['study-manager', 'privacy-officer'],
  // Who writes a file of the lake reads his own.
  'lake-files.use': ['integrator', 'device'],
  'reservoir-files.use': ['analyst', 'researcher'],
  // Names, sizes and who vouched for what, without the bytes.
  'reservoir-files.list': ['analyst', 'researcher', 'study-manager', 'auditor', 'privacy-officer', 'administrator'],
  // Anybody's file; who uploaded one may always take it back.
  'files.remove': ['privacy-officer', 'administrator'],
  // Whoever may not run statements gets small counts as marks and the others rounded.
  'cohorts.count': ['analyst', 'researcher', 'study-manager', 'privacy-officer'],
  'cohorts.read': ['analyst', 'researcher', 'study-manager', 'privacy-officer', 'auditor'],
  'cohorts.change': ['analyst', 'researcher'],
  // Code lists hold no people. Those of all studies are a setting of the platform.
  'codes.read': ['analyst', 'researcher', 'study-manager', 'privacy-officer', 'auditor', 'administrator'],
  'codes.change': ['analyst', 'study-manager'],
  'codes.share': ['administrator'],
  // How many people have a code: small counts as marks.
  'codes.counts': ['analyst', 'researcher', 'study-manager', 'privacy-officer', 'auditor'],
  // Small groups as they are; without it a reader of the summary gets them as marks.
  'risk.read': ['study-manager', 'privacy-officer'],
  'risk.summary': ['study-manager', 'privacy-officer', 'auditor'],
  'jobs.own': 'all',
  'jobs.all': ['operator', 'administrator'],
  'relationships.read': ['study-manager', 'privacy-officer', 'auditor', 'administrator'],
  'relationships.change': ['study-manager', 'administrator'],
  'policy.read': ['study-manager', 'privacy-officer', 'auditor', 'administrator'],
  'policy.propose': ['privacy-officer', 'administrator'],
  'policy.sign': ['privacy-officer', 'administrator'],
  'masking.read': ['study-manager', 'privacy-officer', 'auditor', 'administrator'],
  'masking.propose': ['privacy-officer', 'administrator'],
  'masking.sign': ['privacy-officer', 'administrator'],
  // What a policy does to a resource that the caller sends, which may be a person's; the answer holds no value.
  'masking.trace': ['privacy-officer', 'investigator', 'cro-admin'],
  'masking.keys': ['privacy-officer'],
  // Whose share it is, is asked of the escrow.
  'masking.share': ['study-manager', 'operator', 'auditor', 'privacy-officer', 'administrator'],
  'reidentify.read': ['privacy-officer', 'auditor', 'study-manager'],
  'reidentify.request': ['privacy-officer', 'study-manager'],
  'reidentify.decide': ['privacy-officer'],
  'break-glass.open': ['practitioner', 'investigator'],
  'break-glass.review': ['privacy-officer'],
  'access.why': ['study-manager', 'privacy-officer', 'auditor', 'administrator'],
  'people.list': ['administrator', 'auditor', 'privacy-officer'],
  'people.manage': ['administrator'],
  'clients.manage': ['administrator'],
  'keys.rotate': ['administrator', 'operator'],
  'access.review': ['administrator', 'study-manager', 'auditor', 'privacy-officer'],
  'access.recertify': ['administrator', 'privacy-officer'],
  'audit.read': ['auditor', 'privacy-officer'],
  'audit.export': ['auditor', 'privacy-officer'],
  'audit.disclosures': ['auditor', 'privacy-officer', 'patient', 'guardian'],
  'registration.patient': ['practitioner', 'care-manager', 'investigator', 'study-manager', 'integrator'],
  'registration.practitioner': ['study-manager', 'administrator'],
  'registration.third-party': ['practitioner', 'care-manager', 'investigator', 'study-manager'],
  'registration.accept': ['practitioner', 'care-manager'],
  'registration.relationship': ['patient', 'study-manager', 'administrator'],
  'registration.remove-patient': ['study-manager', 'privacy-officer'],
  'registration.remove-practitioner': ['study-manager', 'administrator'],
  'registration.invite': ['investigator', 'study-manager'],
  'registration.invitations': ['investigator', 'study-manager', 'privacy-officer', 'auditor'],
  'signature.make': [
    'practitioner',
    'care-manager',
    'investigator',
    'cro-admin',
    'study-manager',
    'auditor',
    'privacy-officer',
    'administrator',
  ],
  'signature.read': ['investigator', 'cro-admin', 'study-manager', 'auditor', 'privacy-officer', 'administrator'],
  'audit.verify': ['auditor', 'privacy-officer', 'administrator', 'operator'],
} as const satisfies Record<string, 'all' | readonly Role[]>

export type Right = keyof typeof holders
export const rights = Object.keys(holders) as Right[]

/** Who holds a right unless a signed policy says otherwise. */
export function builtInHolders(right: Right): readonly Role[] {
  const who: 'all' | readonly Role[] = holders[right]
  return who === 'all' ? roles : who
}
