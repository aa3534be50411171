import type { ExtensionRule, Policy } from './policy.js'
import { lowPopulationZip3 } from './zip.js'

const coded: Pick<ExtensionRule, 'values'> = { values: ['CodeableConcept', 'Coding', 'code'] }
const genders = ['M', 'F', 'UNK', 'OTH', 'U', 'male', 'female', 'other', 'unknown']
const raceParts: readonly ExtensionRule[] = [
  { url: 'ombCategory', values: ['Coding'] },
  { url: 'detailed', values: ['Coding'] },
]
const demographicBases = [
  'http://hl7.org/fhir/us/core/StructureDefinition/us-core',
  'http://hl7.org/fhir/StructureDefinition/us-core',
  'http://fhir.org/guides/argonaut/StructureDefinition/argo',
]

const extensions: readonly ExtensionRule[] = [
  ...demographicBases.flatMap((base): ExtensionRule[] => [
    { url: `${base}-race`, ...coded, parts: raceParts },
    { url: `${base}-ethnicity`, ...coded, parts: raceParts },
    { url: `${base}-birthsex`, values: ['code', 'CodeableConcept'], oneOf: genders },
  ]),
  { url: 'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired', values: ['boolean'] },
  {
    url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
    values: ['code'],
    oneOf: ['unknown', 'asked', 'temp', 'not-asked', 'masked', 'unsupported', 'astext', 'error', 'NaN'],
  },
  {
    url: 'urn:aquifer:consent-status',
    values: ['code', 'string'],
    oneOf: ['proposed', 'active', 'suspended', 'withdrawn', 'expired', 'entered-in-error'],
  },
  { url: 'urn:aquifer:study-status', values: ['code', 'string'], oneOf: ['draft', 'open', 'closed', 'frozen', 'archived'] },
]

const ageCodes = [
  ...['30525-0', '21612-7', '29553-5', '35659-2', '63900-5', '39016-1', '21611-9'].map((code) => ({ system: 'http://loinc.org', code })),
  ...['397669002', '424144002', '445518008', '105727008'].map((code) => ({ system: 'http://snomed.info/sct', code })),
]

const answerTexts =
  'yes,no,true,false,positive,negative,normal,abnormal,present,absent,detected,not detected,reactive,non-reactive,nonreactive,indeterminate,inconclusive,unknown,none,trace,never,rarely,sometimes,often,always,daily,weekly,monthly,mild,moderate,severe,low,medium,high,better,worse,same,improved,unchanged,male,female,other,left,right,both,good,fair,poor,excellent,not applicable,n/a,heterosexual,homosexual,bisexual'

/** Year-only dates: the Safe Harbor method of 45 CFR 164.514(b)(2). The default. */
export const safeHarbor: Policy = {
  name: 'safe-harbor',
  version: 1,
  classes: {
    RESOURCE_ID: 'pseudonym',
    REFERENCE: 'pseudonym',
    DISPLAY_REF: 'remove',
    CODED_TEXT: 'dictionary',
    DATE: 'year',
    BIRTH_DATE: 'year',
    DEATH_DATE: 'year',
    IDENTIFIER: 'pseudonym',
    IDENTIFIER_META: 'allow-list',
    EXTENSION: 'allow-list',
    MODIFIER_EXTENSION: 'allow-list',
    ELEMENT_ID: 'remove',
    META: 'allow-list',
    TAG: 'allow-list',
    CONTAINED: 'recurse',
    FREE_TEXT: 'remove',
    DEFN_TEXT: 'keep',
    NARRATIVE: 'remove',
    ATTACHMENT: 'remove',
    NAME: 'remove',
    STAFF_NAME: 'remove',
    ORG_NAME: 'pseudonym',
    CONTACT: 'remove',
    URL: 'rewrite',
    ADDRESS_LINE: 'remove',
    CITY: 'remove',
    STATE: 'keep',
    ZIP: 'zip3',
    GEO_POINT: 'remove',
    PHOTO: 'remove',
    AGE: 'cap',
    QUASI: 'keep',
    ANSWER: 'answer',
    UID: 'pseudonym',
    SIGNATURE: 'remove',
    SIGNAL: 'remove',
    QUERY: 'remove',
    LOT: 'pseudonym',
    DEVICE_ID: 'remove',
    SECRET: 'remove',
    NETWORK: 'remove',
  },
  paths: {},
  withheld: ['AuditEvent'],
  definitional: ['Questionnaire', 'ValueSet', 'ConceptMap', 'NamingSystem'],
  extensions,
  modifierExtensions: [],
  codeSystems: [],
  unlistedCodes: 'keep',
  identifierSystems: [
    'http://hl7.org/fhir/sid/us-ssn',
    'http://hl7.org/fhir/sid/us-npi',
    'http://hl7.org/fhir/sid/us-mbi',
    'http://hl7.org/fhir/sid/us-medicare',
  ],
  profiles: [
    'http://hl7.org/fhir/StructureDefinition/',
    'http://hl7.org/fhir/us/core/StructureDefinition/',
    'http://fhir.org/guides/argonaut/StructureDefinition/',
  ],
  labels: [{ system: 'http://hl7.org/fhir/v3/Confidentiality' }, { system: 'http://hl7.org/fhir/v3/ObservationValue' }],
  ageCodes,
  ageCap: 90,
  zip3: { census: lowPopulationZip3.census, lowPopulation: lowPopulationZip3.codes },
  answers: { texts: answerTexts.split(','), numberMax: 999, decimalsMax: 2 },
  sharedTexts: [
    'Device.manufacturer',
    'Device.model',
    'NutritionOrder.supplement.productName',
    'NutritionOrder.enteralFormula.baseFormulaProductName',
    'NutritionOrder.enteralFormula.additiveProductName',
    'VisionPrescription.dispense.color',
    'VisionPrescription.dispense.brand',
  ],
}

/**
 * Full dates, moved per person: needs an expert's determination (45 CFR 164.514(b)(1)), and an interval between publications.
 * Births and deaths stay years: a moved one is, in a population of any size, some other person's true one.
 */
export const expert: Policy = {
  ...safeHarbor,
  name: 'expert',
  version: 1,
  classes: { ...safeHarbor.classes, DATE: 'shift' },
}

export const builtInPolicies: Readonly<Record<string, Policy>> = { 'safe-harbor': safeHarbor, expert }
