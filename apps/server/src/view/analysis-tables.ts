import type { FlatTable } from './flat-tables.js'

// Tables that save analysts work which each would do a little differently: statements over the flat tables, and so over masked rows.

/** A column of such a table: how it is had from the table below, and what the catalogue says of it. */
interface AnalysisColumn {
  name: string
  type: string
  sql: string
  masking: string
  description: string
  from: string[]
}
export interface Analysis {
  of: FlatTable
  columns: readonly AnalysisColumn[]
  /** What the columns are had from, given the SQL of the table below. */
  source: (base: string) => string
}

const kept = (name: string, type: string, description: string, from: string[] = [], masking = 'kept'): AnalysisColumn => ({
  name,
  type,
  sql: name,
  masking,
  description,
  from,
})
const made = (sql: string, column: AnalysisColumn): AnalysisColumn => ({ ...column, sql })

const head = [
  kept('id', 'VARCHAR', 'key of the row: observations.id', ['Observation.id'], 'pseudonym'),
  kept('patient_key', 'VARCHAR', 'key of the person: joins every table', [], 'pseudonym'),
  kept('encounter_key', 'VARCHAR', 'the encounter, encounters.id', ['Observation.encounter.reference'], 'pseudonym'),
  kept('status', 'VARCHAR', 'status of the observation', ['Observation.status']),
]
const effective = ['Observation.effectiveDateTime', 'Observation.effectivePeriod.start']
const tail = [
  kept('effective_at', 'TIMESTAMP', 'when it was observed (UTC)', effective, 'date'),
  kept('effective_year', 'INTEGER', 'year: when it was observed', effective, 'year'),
  kept('study_day', 'BIGINT', "day since the person's first dated observation in the study, which is day 1", effective, 'day'),
  kept('device_key', 'VARCHAR', 'the measuring device, devices.id', ['Observation.device.reference'], 'pseudonym'),
]
const policy = kept('masking_policy', 'VARCHAR', 'policy and version that masked the row', [], 'added')

const value = ['Observation.valueQuantity.value', 'Observation.component.valueQuantity.value']
const unit = ['Observation.valueQuantity.code', 'Observation.valueQuantity.unit']
const code = ['Observation.code.coding', 'Observation.component.code.coding']

// Ways of writing a unit, and UCUM's.
const aliases: Readonly<Record<string, string>> = {
  mmHg: 'mm[Hg]',
  lb: '[lb_av]',
  lbs: '[lb_av]',
  in: '[in_i]',
  inches: '[in_i]',
  C: 'Cel',
  '°C': 'Cel',
  degC: 'Cel',
  F: '[degF]',
  '°F': '[degF]',
  degF: '[degF]',
  bpm: '/min',
  '{beats}/min': '/min',
  '(score)': '{score}',
  'mEq/L': 'meq/L',
}
// By LOINC code: the usual unit, and from which others it is had: value × factor + offset. Molar masses as in the field's tables.
const usual: readonly { codes: string; unit: string; from: Readonly<Record<string, readonly [number, number]>> }[] = [
  {
    codes: '29463-7 3141-9 3142-7 8335-2',
    unit: 'kg',
    from: { '[lb_av]': [0.45359237, 0], g: [0.001, 0], '[oz_av]': [0.028349523125, 0] },
  },
  { codes: '8302-2 8301-4 3137-7', unit: 'cm', from: { m: [100, 0], '[in_i]': [2.54, 0], mm: [0.1, 0] } },
  { codes: '8310-5 8331-1 8328-7 8329-5', unit: 'Cel', from: { '[degF]': [5 / 9, -160 / 9], K: [1, -273.15] } },
  { codes: '8480-6 8462-4 8478-0', unit: 'mm[Hg]', from: { kPa: [7.500615758456563, 0] } },
  { codes: '2339-0 2345-7 15074-8 1558-6', unit: 'mg/dL', from: { 'mmol/L': [18.0156, 0] } },
  { codes: '2093-3 2085-9 13457-7 18262-6 2089-1', unit: 'mg/dL', from: { 'mmol/L': [38.67, 0] } },
  { codes: '2571-8', unit: 'mg/dL', from: { 'mmol/L': [88.57, 0] } },
  { codes: '2160-0 38483-4', unit: 'mg/dL', from: { 'umol/L': [1 / 88.42, 0] } },
  { codes: '3094-0 6299-2', unit: 'mg/dL', from: { 'mmol/L': [2.8014, 0] } },
  { codes: '17861-6 49765-1', unit: 'mg/dL', from: { 'mmol/L': [4.0078, 0] } },
  // Of ions with one charge an equivalent is a mole.
  { codes: '2947-0 2951-2 6298-4 2823-3 2069-3 2075-0 20565-8 2028-9', unit: 'mmol/L', from: { 'meq/L': [1, 0] } },
  { codes: '14959-1', unit: 'mg/g', from: { 'mg/mmol': [8.84, 0] } },
  { codes: '4548-4', unit: '%', from: { 'mmol/mol': [0.09148, 2.152] } },
]

const text = (each: string): string => `'${each.replaceAll("'", "''")}'`
const aliasSql = `(CASE value_unit ${Object.entries(aliases)
  .map(([from, to]) => `WHEN ${text(from)} THEN ${text(to)}`)
  .join(' ')} ELSE value_unit END)`
const usualRows = usual
  .flatMap(({ codes, unit: to, from }) =>
    codes
      .split(' ')
      .flatMap((each) =>
        Object.entries(from).map(([unitFrom, [factor, offset]]) => [text(each), text(unitFrom), text(to), factor, offset]),
      ),
  )
  .map((row) => `(${row.join(', ')})`)
  .join(', ')

const measurements = (observations: FlatTable): FlatTable => ({
  ...observations,
  name: 'measurements',
  key: 'measurements',
  title: 'Numeric observations and components, in the usual unit beside their own, repeats marked',
  named: false,
  analysis: {
    of: observations,
    columns: [
      ...head,
      kept('code_system', 'VARCHAR', 'code system: what was measured', code),
      kept('code', 'VARCHAR', 'code: what was measured', code),
      kept('code_text', 'VARCHAR', 'text: what was measured', code, 'dictionary'),
      kept('value_number', 'DOUBLE', 'value as it was sent', value),
      kept('value_unit', 'VARCHAR', 'unit as it was sent: its code, else its text', unit),
      made('coalesce(value_number * factor + shift, value_number)', kept('usual_number', 'DOUBLE', 'value in usual_unit', value)),
      made(
        'coalesce(usual, ucum)',
        kept('usual_unit', 'VARCHAR', 'the usual UCUM unit of the code, else the unit as UCUM writes it', unit),
      ),
      made(
        `(CASE WHEN effective_at IS NOT NULL THEN row_number() OVER (PARTITION BY patient_key, code_system, code, effective_at, value_number, ucum, device_key ORDER BY id) > 1 END)`,
        kept('repeated', 'BOOLEAN', 'the same reading once more: person, code, time, value, unit and device; null without a time', value),
      ),
      made(
        `(CASE WHEN effective_at IS NOT NULL THEN first_value(coalesce(value_number * factor + shift, value_number)) OVER (PARTITION BY patient_key, code_system, code, coalesce(usual, ucum) ORDER BY effective_at NULLS LAST, id) END)`,
        kept('baseline_number', 'DOUBLE', 'the person’s first dated value of this code and usual_unit; null without a time', value),
      ),
      kept('panel_id', 'VARCHAR', 'the observation a component belongs to', ['Observation.id'], 'pseudonym'),
      ...tail,
      policy,
    ],
    source: (base) =>
      `(SELECT *, ${aliasSql} AS ucum FROM (${base}) WHERE value_number IS NOT NULL) LEFT JOIN (VALUES ${usualRows}) AS u(loinc, unit_from, usual, factor, shift)
       ON code_system = 'http://loinc.org' AND code = loinc AND ucum = unit_from`,
  },
})

const bloodPressures = (observations: FlatTable): FlatTable => {
  const part = (loinc: string): string =>
    `max(CASE WHEN code_system = 'http://loinc.org' AND code = '${loinc}' THEN (CASE WHEN value_unit = 'kPa' THEN value_number * 7.500615758456563 ELSE value_number END) END)`
  return {
    ...observations,
    name: 'blood_pressures',
    key: 'blood_pressures',
    title: 'Blood pressure panels, systolic and diastolic side by side',
    named: false,
    analysis: {
      of: observations,
      columns: [
        ...head,
        kept('systolic', 'DOUBLE', 'systolic pressure in mm[Hg]', value),
        kept('diastolic', 'DOUBLE', 'diastolic pressure in mm[Hg]', value),
        ...tail,
        policy,
      ],
      source: (base) =>
        `(WITH o AS (${base}) SELECT o.*, systolic, diastolic FROM o JOIN (
           SELECT panel_id AS panel, ${part('8480-6')} AS systolic, ${part('8462-4')} AS diastolic FROM o WHERE panel_id IS NOT NULL GROUP BY panel_id
         ) ON o.id = panel WHERE systolic IS NOT NULL OR diastolic IS NOT NULL)`,
    },
  }
}

export const analysisTablesOver = (observations: FlatTable): FlatTable[] => [measurements(observations), bloodPressures(observations)]
