// The codes of what is measured, each with its units. Displays are LOINC's names.
import type { Concept } from './shape.js'
import { concept, loinc, v2 } from './shape.js'

const lo = (code: string, display: string, text = display): Concept => concept(loinc, code, display, text)
const category = (code: string, display: string): Concept => concept('http://hl7.org/fhir/observation-category', code, display, display)

export const categories = {
  vitals: category('vital-signs', 'Vital Signs'),
  laboratory: category('laboratory', 'Laboratory'),
  social: category('social-history', 'Social History'),
  survey: category('survey', 'Survey'),
  exam: category('exam', 'Exam'),
  procedure: category('procedure', 'Procedure'),
} as const

export const measures = {
  pressure: lo('55284-4', 'Blood pressure systolic and diastolic', 'Blood pressure'),
  systolic: lo('8480-6', 'Systolic blood pressure'),
  diastolic: lo('8462-4', 'Diastolic blood pressure'),
  heartRate: lo('8867-4', 'Heart rate'),
  breathing: lo('9279-1', 'Respiratory rate'),
  temperature: lo('8310-5', 'Body temperature'),
  weight: lo('29463-7', 'Body weight'),
  height: lo('8302-2', 'Body height'),
  bmi: lo('39156-5', 'Body mass index (BMI) [Ratio]', 'Body mass index'),
  saturation: lo('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry', 'Oxygen saturation'),
  hba1c: lo('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', 'Hemoglobin A1c'),
  hba1cIfcc: lo('59261-8', 'Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol', 'Hemoglobin A1c (IFCC)'),
  glucose: lo('2339-0', 'Glucose [Mass/volume] in Blood', 'Glucose'),
  glucoseMolar: lo('15074-8', 'Glucose [Moles/volume] in Blood', 'Glucose'),
  homeGlucose: lo('41653-7', 'Glucose [Mass/volume] in Capillary blood by Glucometer', 'Glucose, home meter'),
  homeGlucoseMolar: lo('14743-9', 'Glucose [Moles/volume] in Capillary blood by Glucometer', 'Glucose, home meter'),
  cholesterol: lo('2093-3', 'Cholesterol [Mass/volume] in Serum or Plasma', 'Cholesterol'),
  cholesterolMolar: lo('14647-2', 'Cholesterol [Moles/volume] in Serum or Plasma', 'Cholesterol'),
  ldl: lo('18262-6', 'Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay', 'LDL cholesterol'),
  hdl: lo('2085-9', 'Cholesterol in HDL [Mass/volume] in Serum or Plasma', 'HDL cholesterol'),
  triglycerides: lo('2571-8', 'Triglyceride [Mass/volume] in Serum or Plasma', 'Triglycerides'),
  sodium: lo('2947-0', 'Sodium [Moles/volume] in Blood', 'Sodium'),
  potassium: lo('6298-4', 'Potassium [Moles/volume] in Blood', 'Potassium'),
  urea: lo('6299-2', 'Urea nitrogen [Mass/volume] in Blood', 'Urea nitrogen'),
  creatinine: lo('38483-4', 'Creatinine [Mass/volume] in Blood', 'Creatinine'),
  egfr: lo(
    '33914-3',
    'Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)',
    'Estimated glomerular filtration rate',
  ),
  peakFlow: lo('19935-6', 'Maximum expiratory gas flow Respiratory system airway by Peak flow meter', 'Peak flow'),
  smoking: lo('72166-2', 'Tobacco smoking status NHIS', 'Tobacco smoking status'),
  age: lo('30525-0', 'Age'),
  phq9: lo('44261-6', 'Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]', 'PHQ-9 total score'),
  causeOfDeath: lo('69453-9', 'Cause of death [US Standard Certificate of Death]', 'Cause of death'),
  story: lo('10164-2', 'History of Present illness Narrative', 'History of present illness'),
} as const

export const panels = {
  metabolic: lo('51990-0', 'Basic metabolic panel - Blood', 'Basic metabolic panel'),
  lipids: lo('57698-3', 'Lipid panel with direct LDL - Serum or Plasma', 'Lipid panel'),
} as const

export const interpretations = {
  high: concept(v2('0078'), 'H', 'High'),
  low: concept(v2('0078'), 'L', 'Low'),
  normal: concept(v2('0078'), 'N', 'Normal'),
} as const

export const laboratorySection = concept(v2('0074'), 'LAB', 'Laboratory')
