import { isObject } from '../resource.js'
import type { JsonObject } from '../resource.js'
import { all, any, atLeastOne, each, given, givenChoice, implies, is, not, notBoth, some } from './conditions.js'
import type { Holds } from './conditions.js'
import { notAfter } from './data-types.js'
import type { Translations } from './translation.js'

const never = (name: string, value: string): Holds => not(is(name, value))
const codings = (element: JsonObject): readonly JsonObject[] => each(element, 'code').flatMap((code) => [...each(code, 'coding')])

function componentsDiffer(observation: JsonObject): boolean {
  const components = each(observation, 'component')
  if (components.length === 0) return true
  const own = new Set(codings(observation).flatMap(codeNamed))
  return !components.some((component) => codings(component).some((coding) => codeNamed(coding).some((name) => own.has(name))))
}

const codeNamed = ({ code, system }: JsonObject): string[] =>
  typeof code === 'string' && typeof system === 'string' ? [`${system}|${code}`] : []

const explains = (name: string): Holds => some('explanation', given(name))

/** Care, its records, people and places. */
export const clinicalInvariants: Translations = {
  'Appointment app-2': {
    holds: (appointment, within) => given('start')(appointment, within) === given('end')(appointment, within),
  },
  'Appointment app-3': { holds: any(all(given('start'), given('end')), is('status', 'proposed', 'cancelled')) },
  'Appointment.participant app-1': { holds: atLeastOne('type', 'actor') },
  'AppointmentResponse apr-1': { holds: atLeastOne('participantType', 'actor') },
  'AuditEvent.object sev-1': { holds: notBoth(given('name'), given('query')) },
  'CarePlan.activity cpl-3': { holds: notBoth(given('detail'), given('reference')) },
  'Composition.section cmp-1': { holds: atLeastOne('text', 'entry', 'section') },
  'Composition.section cmp-2': { holds: notBoth(given('emptyReason'), given('entry')) },
  'Condition.evidence con-2': { holds: atLeastOne('code', 'detail') },
  'Condition.stage con-1': {
    holds: atLeastOne('summary', 'assessment'),
  },
  'FamilyMemberHistory fhs-1': {
    holds: notBoth(givenChoice('age'), givenChoice('born')),
    reading: 'The XPath asks for names that begin with `birth`; the element is called born[x], so it never fails as published.',
  },
  'Group grp-1': { holds: any(is('actual', true), not(given('member'))) },
  'Immunization imm-1': { holds: notBoth(is('wasNotGiven', true), any(given('reaction'), explains('reason'))) },
  'Immunization imm-2': { holds: notBoth(is('wasNotGiven', false), explains('reasonNotGiven')) },
  'List lst-1': { holds: notBoth(given('emptyReason'), given('entry')) },
  'List lst-2': { holds: any(is('mode', 'changes'), not(some('entry', given('deleted')))) },
  'Media mda-1': { holds: any(never('type', 'audio'), not(given('height'))) },
  'Media mda-2': { holds: any(never('type', 'audio'), not(given('width'))) },
  'Media mda-3': { holds: any(is('type', 'photo'), not(given('frames'))) },
  'Media mda-4': { holds: any(never('type', 'photo'), not(given('duration'))) },
  'MedicationAdministration mad-2': { holds: notBoth(given('reasonNotGiven'), is('wasNotGiven', false)) },
  'MedicationAdministration mad-3': { holds: notBoth(given('reasonGiven'), is('wasNotGiven', true)) },
  'MedicationAdministration.dosage mad-1': { holds: atLeastOne('quantity', 'rateRatio', 'rateRange') },
  'MedicationDispense mdd-1': {
    holds: notAfter('whenPrepared', 'whenHandedOver'),
    reading: 'Compared as time, not as text: precision and zone count.',
  },
  'MedicationStatement mst-1': { holds: notBoth(given('reasonNotTaken'), is('wasNotTaken', false)) },
  'MedicationStatement mst-2': { holds: notBoth(givenChoice('reasonForUse'), is('wasNotTaken', true)) },
  'NutritionOrder nor-1': { holds: atLeastOne('oralDiet', 'supplement', 'enteralFormula') },
  'Observation obs-6': { holds: implies(given('dataAbsentReason'), not(givenChoice('value'))) },
  'Observation obs-7': { holds: componentsDiffer },
  'Observation.referenceRange obs-3': { holds: atLeastOne('low', 'high', 'text') },
  'Order.when ord-1': { holds: (when, within) => given('code')(when, within) !== given('schedule')(when, within) },
  'Organization org-1': { holds: atLeastOne('identifier', 'name') },
  'Organization.address org-2': { holds: never('use', 'home') },
  'Organization.telecom org-3': { holds: never('use', 'home') },
  'Patient.contact pat-1': { holds: atLeastOne('name', 'telecom', 'address', 'organization') },
  'Procedure pro-1': { holds: implies(given('reasonNotPerformed'), is('notPerformed', true)) },
  'QuestionnaireResponse.group qrs-1': { holds: notBoth(given('group'), given('question')) },
  'Questionnaire que-2': { holds: (questionnaire) => linkIdsAreUnique(questionnaire) },
  'Questionnaire que-3': { holds: some('group', is('required', true)) },
  'Questionnaire.group que-1': { holds: notBoth(given('group'), given('question')) },
  'Questionnaire.group.question que-4': { holds: notBoth(given('options'), given('option')) },
}

function linkIdsAreUnique(questionnaire: JsonObject): boolean {
  const seen = new Set<unknown>()
  const visit = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.every(visit)
    if (!isObject(value)) return true
    const linkId = value['linkId']
    if (linkId !== undefined && seen.size === seen.add(linkId).size) return false
    return visit(value['group']) && visit(value['question'])
  }
  return visit(questionnaire['group'])
}
