// What people have: code, how common by age and sex, what is taken for it. Displays are those of SNOMED CT, ICD-10-CM and RxNorm.
import type { Concept } from './shape.js'
import { coding, concept, icd10, rxnorm, snomed } from './shape.js'

export interface Drug {
  concept: Concept
  dose: string
  perDay: number
  supplyDays: number
  unit: string
  asNeeded?: true
}

export interface Disease {
  key: DiseaseKey
  concept: Concept
  /** the same with a second coding, for the houses that bill from it */
  billed: Concept
  share(age: number, female: boolean): number
  youngest: number
  oldest: number
  drugs: readonly Drug[]
  /** visits a year for it */
  visits: number
}

export type DiseaseKey =
  | 'hypertension'
  | 'diabetes'
  | 'asthma'
  | 'lipids'
  | 'depression'
  | 'kidney'
  | 'copd'
  | 'heart-failure'
  | 'obesity'
  | 'arthritis'
  | 'dementia'
  | 'coronary'

const drug = (code: string, display: string, dose: string, perDay: number, unit: string, supplyDays = 90): Drug => ({
  concept: concept(rxnorm, code, display, display),
  dose,
  perDay,
  supplyDays,
  unit,
})

const twice = (code: string, display: string, icd: string, icdDisplay: string): Pick<Disease, 'concept' | 'billed'> => ({
  concept: concept(snomed, code, display, display),
  billed: Object.freeze({ coding: Object.freeze([coding(snomed, code, display), coding(icd10, icd, icdDisplay)]), text: display }),
})

/** 0 below the age, rising to the share at 75 */
const rising = (age: number, from: number, share: number) => (age < from ? 0 : Math.min(share, ((age - from) / (75 - from)) * share))

const metformin = drug('861007', 'metformin hydrochloride 500 MG Oral Tablet', 'Take one tablet twice a day with meals', 2, 'TAB')
const insulin = drug(
  '106892',
  'insulin human, isophane 70 UNT/ML / Regular Insulin, Human 30 UNT/ML Injectable Suspension [Humulin]',
  'Inject 18 units before breakfast and dinner',
  2,
  'mL',
  30,
)

export const diseases: readonly Disease[] = [
  {
    key: 'hypertension',
    ...twice('38341003', 'Hypertensive disorder', 'I10', 'Essential (primary) hypertension'),
    share: (age) => rising(age, 28, 0.62),
    youngest: 28,
    oldest: 78,
    drugs: [
      drug('314076', 'Lisinopril 10 MG Oral Tablet', 'Take one tablet every morning', 1, 'TAB'),
      drug('197361', 'Amlodipine 5 MG Oral Tablet', 'Take one tablet once a day', 1, 'TAB'),
      drug('310798', 'Hydrochlorothiazide 25 MG Oral Tablet', 'Take one tablet every morning', 1, 'TAB'),
    ],
    visits: 2.6,
  },
  {
    key: 'diabetes',
    ...twice('44054006', 'Diabetes mellitus type 2', 'E11.9', 'Type 2 diabetes mellitus without complications'),
    share: (age) => rising(age, 30, 0.27),
    youngest: 30,
    oldest: 76,
    drugs: [metformin, drug('1373463', 'canagliflozin 100 MG Oral Tablet', 'Take one tablet before breakfast', 1, 'TAB'), insulin],
    visits: 3,
  },
  {
    key: 'asthma',
    ...twice('195967001', 'Asthma', 'J45.909', 'Unspecified asthma, uncomplicated'),
    share: (age, female) => (age < 18 ? 0.16 : female ? 0.11 : 0.08),
    youngest: 3,
    oldest: 30,
    drugs: [
      drug('895994', '120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler', 'Two puffs twice a day', 4, 'puff', 30),
      {
        ...drug('745679', '200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler', 'Two puffs as needed for wheezing', 2, 'puff', 100),
        asNeeded: true,
      },
    ],
    visits: 2,
  },
  {
    key: 'lipids',
    ...twice('55822004', 'Hyperlipidemia', 'E78.5', 'Hyperlipidemia, unspecified'),
    share: (age) => rising(age, 30, 0.45),
    youngest: 32,
    oldest: 74,
    drugs: [
      drug('312961', 'Simvastatin 20 MG Oral Tablet', 'Take one tablet at bedtime', 1, 'TAB'),
      drug('259255', 'atorvastatin 80 MG Oral Tablet', 'Take one tablet once a day', 1, 'TAB'),
    ],
    visits: 1,
  },
  {
    key: 'depression',
    ...twice('35489007', 'Depressive disorder', 'F32.9', 'Major depressive disorder, single episode, unspecified'),
    share: (age, female) => (age < 14 ? 0 : female ? 0.17 : 0.1),
    youngest: 14,
    oldest: 70,
    drugs: [drug('312941', 'Sertraline 50 MG Oral Tablet', 'Take one tablet every morning', 1, 'TAB', 30)],
    visits: 2.4,
  },
  {
    key: 'kidney',
    ...twice('709044004', 'Chronic kidney disease', 'N18.3', 'Chronic kidney disease, stage 3 (moderate)'),
    share: (age) => rising(age, 45, 0.2),
    youngest: 48,
    oldest: 82,
    drugs: [],
    visits: 1.5,
  },
  {
    key: 'copd',
    ...twice('13645005', 'Chronic obstructive lung disease', 'J44.9', 'Chronic obstructive pulmonary disease, unspecified'),
    share: (age) => rising(age, 45, 0.13),
    youngest: 45,
    oldest: 78,
    drugs: [
      drug('896188', 'Fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT [Advair]', 'One puff twice a day', 2, 'puff', 30),
    ],
    visits: 2,
  },
  {
    key: 'heart-failure',
    ...twice('84114007', 'Heart failure', 'I50.9', 'Heart failure, unspecified'),
    share: (age) => rising(age, 55, 0.11),
    youngest: 58,
    oldest: 88,
    drugs: [drug('313988', 'Furosemide 40 MG Oral Tablet', 'Take one tablet every morning', 1, 'TAB')],
    visits: 3,
  },
  {
    key: 'obesity',
    ...twice('414916001', 'Obesity', 'E66.9', 'Obesity, unspecified'),
    share: (age) => (age < 12 ? 0.04 : 0.26),
    youngest: 10,
    oldest: 60,
    drugs: [],
    visits: 0.4,
  },
  {
    key: 'arthritis',
    ...twice('396275006', 'Osteoarthritis', 'M19.90', 'Unspecified osteoarthritis, unspecified site'),
    share: (age, female) => rising(age, 45, female ? 0.36 : 0.24),
    youngest: 48,
    oldest: 84,
    drugs: [
      {
        ...drug('310965', 'Ibuprofen 200 MG Oral Tablet', 'One to two tablets up to three times a day for pain', 3, 'TAB', 30),
        asNeeded: true,
      },
    ],
    visits: 0.7,
  },
  {
    key: 'dementia',
    ...twice('52448006', 'Dementia', 'F03.90', 'Unspecified dementia without behavioral disturbance'),
    share: (age) => (age < 72 ? 0 : 0.1 + (age - 72) * 0.012),
    youngest: 72,
    oldest: 94,
    drugs: [drug('997221', 'Donepezil hydrochloride 10 MG [Aricept]', 'Take one tablet at bedtime', 1, 'TAB')],
    visits: 1.4,
  },
  {
    key: 'coronary',
    ...twice(
      '53741008',
      'Coronary arteriosclerosis',
      'I25.10',
      'Atherosclerotic heart disease of native coronary artery without angina pectoris',
    ),
    share: (age, female) => rising(age, 48, female ? 0.11 : 0.19),
    youngest: 50,
    oldest: 82,
    drugs: [drug('309362', 'Clopidogrel 75 MG Oral Tablet', 'Take one tablet once a day', 1, 'TAB')],
    visits: 1.2,
  },
]

export interface Episode {
  concept: Concept
  share: number
  /** how much more common in January than in July: 1 = only in winter, -1 = only in summer */
  winter: number
  days: number
  fever: number
  childrenOnly?: true
  drug?: Drug
  reason: string
}

const short = (code: string, display: string) => concept(snomed, code, display, display)
const amoxicillin = drug('308192', 'Amoxicillin 500 MG Oral Tablet', 'Take one tablet three times a day for ten days', 3, 'TAB', 10)
const acetaminophen = drug('313782', 'Acetaminophen 325 MG Oral Tablet', 'Two tablets every six hours as needed', 6, 'TAB', 7)

export const episodes: readonly Episode[] = [
  {
    concept: short('195662009', 'Acute viral pharyngitis'),
    share: 18,
    winter: 0.5,
    days: 9,
    fever: 0.9,
    reason: 'sore throat',
    drug: acetaminophen,
  },
  { concept: short('444814009', 'Viral sinusitis'), share: 18, winter: 0.5, days: 14, fever: 0.3, reason: 'blocked nose and headache' },
  { concept: short('10509002', 'Acute bronchitis'), share: 13, winter: 0.6, days: 12, fever: 0.7, reason: 'cough', drug: acetaminophen },
  { concept: short('6142004', 'Influenza'), share: 12, winter: 0.95, days: 10, fever: 1.9, reason: 'fever and aches' },
  {
    concept: short('65363002', 'Otitis media'),
    share: 9,
    winter: 0.4,
    days: 10,
    fever: 0.9,
    childrenOnly: true,
    reason: 'ear pain',
    drug: amoxicillin,
  },
  {
    concept: short('68566005', 'Urinary tract infectious disease'),
    share: 8,
    winter: -0.1,
    days: 8,
    fever: 0.5,
    reason: 'burning',
    drug: amoxicillin,
  },
  { concept: short('233604007', 'Pneumonia'), share: 3, winter: 0.7, days: 25, fever: 1.8, reason: 'fever and cough', drug: amoxicillin },
  {
    concept: short('44465007', 'Sprain of ankle'),
    share: 8,
    winter: -0.5,
    days: 30,
    fever: 0,
    reason: 'twisted ankle',
    drug: acetaminophen,
  },
  {
    concept: short('65966004', 'Fracture of forearm'),
    share: 3,
    winter: -0.2,
    days: 60,
    fever: 0,
    reason: 'fall on the arm',
    drug: acetaminophen,
  },
  { concept: short('284549007', 'Laceration of hand'), share: 5, winter: -0.3, days: 20, fever: 0, reason: 'cut in the kitchen' },
]
