import { ucumOf } from '../units/index.js'

/** What a living person can have, by LOINC code: outside is a mistake of entry, unit or device, and not an illness. */
export interface PlausibleRange {
  name: string
  codes: string
  unit: string
  /** included; zero and less is never plausible */
  low: number
  high: number
  /** other units: value × factor + shift is in `unit` */
  from: Readonly<Record<string, readonly [factor: number, shift: number]>>
  source: keyof typeof rangeSources
}

export const rangeSources = {
  'mimic-extract': 'Outlier limits of MIMIC-Extract (Wang et al., CHIL 2020), resources/variable_ranges.csv',
  own: 'Wider than the greatest and smallest people on record, since the published limits are of adults in critical care',
} as const

const pressure = { kPa: [7.500615758456563, 0] } as const
const salts = { 'meq/L': [1, 0] } as const
const mimic = 'mimic-extract' as const

export const plausibleRanges: readonly PlausibleRange[] = [
  { name: 'Heart rate', codes: '8867-4 8889-8 76282-3 40443-4', unit: '/min', low: 0, high: 390, from: {}, source: mimic },
  { name: 'Respiratory rate', codes: '9279-1', unit: '/min', low: 0, high: 330, from: {}, source: mimic },
  { name: 'Systolic blood pressure', codes: '8480-6', unit: 'mm[Hg]', low: 0, high: 375, from: pressure, source: mimic },
  { name: 'Diastolic blood pressure', codes: '8462-4', unit: 'mm[Hg]', low: 0, high: 375, from: pressure, source: mimic },
  { name: 'Mean blood pressure', codes: '8478-0', unit: 'mm[Hg]', low: 0, high: 375, from: pressure, source: mimic },
  {
    name: 'Body temperature',
    codes: '8310-5 8331-1 8328-7 8329-5 8332-9',
    unit: 'Cel',
    low: 14.2,
    high: 47,
    from: { '[degF]': [5 / 9, -160 / 9], K: [1, -273.15] },
    source: mimic,
  },
  { name: 'Oxygen saturation', codes: '2708-6 59408-5', unit: '%', low: 0, high: 101, from: {}, source: mimic },
  {
    name: 'Body weight',
    codes: '29463-7 3141-9 3142-7 8335-2',
    unit: 'kg',
    low: 0.2,
    high: 650,
    from: { '[lb_av]': [0.45359237, 0], g: [0.001, 0], '[oz_av]': [0.028349523125, 0] },
    source: 'own',
  },
  {
    name: 'Body height',
    codes: '8302-2 8301-4 3137-7 8306-3',
    unit: 'cm',
    low: 20,
    high: 275,
    from: { m: [100, 0], mm: [0.1, 0], '[in_i]': [2.54, 0], '[ft_i]': [30.48, 0] },
    source: 'own',
  },
  { name: 'Body mass index', codes: '39156-5', unit: 'kg/m2', low: 5, high: 210, from: {}, source: 'own' },
  {
    name: 'Glucose',
    codes: '2339-0 2345-7 15074-8 1558-6',
    unit: 'mg/dL',
    low: 0,
    high: 2200,
    from: { 'mmol/L': [18.0156, 0] },
    source: mimic,
  },
  { name: 'Hemoglobin A1c', codes: '4548-4', unit: '%', low: 2, high: 30, from: { 'mmol/mol': [0.09148, 2.152] }, source: 'own' },
  { name: 'Hemoglobin', codes: '718-7', unit: 'g/dL', low: 0, high: 30, from: { 'g/L': [0.1, 0], 'mmol/L': [1.6114, 0] }, source: mimic },
  { name: 'Hematocrit', codes: '4544-3 20570-8', unit: '%', low: 0, high: 100, from: { 'L/L': [100, 0] }, source: mimic },
  { name: 'Sodium', codes: '2951-2 2947-0', unit: 'mmol/L', low: 0, high: 250, from: salts, source: mimic },
  { name: 'Potassium', codes: '2823-3 6298-4', unit: 'mmol/L', low: 0, high: 15, from: salts, source: mimic },
  { name: 'Chloride', codes: '2075-0 2069-3', unit: 'mmol/L', low: 0, high: 200, from: salts, source: mimic },
  { name: 'Bicarbonate', codes: '1963-8 2028-9 20565-8', unit: 'mmol/L', low: 0, high: 66, from: salts, source: mimic },
  { name: 'Urea nitrogen', codes: '3094-0 6299-2', unit: 'mg/dL', low: 0, high: 275, from: { 'mmol/L': [2.8, 0] }, source: mimic },
  { name: 'Creatinine', codes: '2160-0 38483-4', unit: 'mg/dL', low: 0, high: 66, from: { 'umol/L': [1 / 88.42, 0] }, source: mimic },
  { name: 'Platelets', codes: '777-3', unit: '10*3/uL', low: 0, high: 2200, from: { '10*9/L': [1, 0], '/uL': [0.001, 0] }, source: mimic },
  {
    name: 'Leukocytes',
    codes: '6690-2',
    unit: '10*3/uL',
    low: 0,
    high: 1100,
    from: { '10*9/L': [1, 0], '/uL': [0.001, 0] },
    source: mimic,
  },
  { name: 'Lactate', codes: '2524-7', unit: 'mmol/L', low: 0, high: 33, from: { 'mg/dL': [0.111, 0] }, source: mimic },
  { name: 'Alanine aminotransferase', codes: '1742-6', unit: 'U/L', low: 0, high: 11_000, from: { '[iU]/L': [1, 0] }, source: mimic },
  { name: 'Aspartate aminotransferase', codes: '1920-8', unit: 'U/L', low: 0, high: 22_000, from: { '[iU]/L': [1, 0] }, source: mimic },
]

const byCode = new Map(plausibleRanges.flatMap((range) => range.codes.split(' ').map((code) => [code, range] as const)))

export const rangeOfCode = (code: string): PlausibleRange | null => byCode.get(code) ?? null

/** How an amount of this code stands: null where no limits are known. */
export function plausibility(code: string, amount: number, unit: string | null): 'plausible' | 'implausible' | 'unit' | null {
  const range = byCode.get(code)
  if (range === undefined) return null
  const ucum = unit === null ? null : ucumOf(unit)
  const scale = ucum === range.unit ? ([1, 0] as const) : ucum === null ? undefined : range.from[ucum]
  if (scale === undefined) return 'unit'
  const value = amount * scale[0] + scale[1]
  return value > 0 && value >= range.low && value <= range.high ? 'plausible' : 'implausible'
}
