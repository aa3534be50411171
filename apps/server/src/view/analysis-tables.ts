import { spellingSql, usualUnits } from '@aquifer/core/units'
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

const text = (each: string): string => `'${each.replaceAll("'", "''")}'`
const usualRows = usualUnits
  .flatMap(({ codes, unit: to, from, molar = {} }) =>
    [...codes.split(' ').map((each) => [each, each] as const), ...Object.entries(molar)].flatMap(([each, as]) =>
      Object.entries(from).map(([unitFrom, [factor, shift]]) => [text(each), text(unitFrom), text(as), text(to), factor, shift]),
    ),
  )
  .map((row) => `(${row.join(', ')})`)
  .join(', ')

// What was entered in error or never happened is no value of anybody's.
const holds = `(coalesce(status, '') NOT IN ('entered-in-error', 'cancelled'))`
const inUsual = 'coalesce(value_number * factor + shift, value_number)'

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
      made(inUsual, kept('usual_number', 'DOUBLE', 'value in usual_unit', value)),
      made(
        'coalesce(usual, ucum)',
        kept('usual_unit', 'VARCHAR', 'the usual UCUM unit of the code, else the unit as UCUM writes it', unit),
      ),
      made(
        'coalesce(usual_code, code)',
        kept('usual_code', 'VARCHAR', 'code that usual_number is of: where substance was measured, that of the mass', code),
      ),
      made(
        `(CASE WHEN effective_at IS NOT NULL THEN row_number() OVER (PARTITION BY patient_key, code_system, code, effective_at, value_number, ucum, device_key, ${holds} ORDER BY id) > 1 END)`,
        kept('repeated', 'BOOLEAN', 'the same reading once more: person, code, time, value, unit and device; null without a time', value),
      ),
      made(
        `(CASE WHEN effective_at IS NOT NULL AND ${holds} THEN first_value(${inUsual}) OVER (PARTITION BY patient_key, code_system, coalesce(usual_code, code), coalesce(usual, ucum), ${holds} ORDER BY effective_at NULLS LAST, id) END)`,
        kept(
          'baseline_number',
          'DOUBLE',
          'the person’s first dated value of this usual_code and usual_unit; null without a time, and where entered in error or cancelled',
          value,
        ),
      ),
      kept('panel_id', 'VARCHAR', 'the observation a component belongs to', ['Observation.id'], 'pseudonym'),
      ...tail,
      policy,
    ],
    source: (base) =>
      `(SELECT *, ${spellingSql('value_unit')} AS ucum FROM (${base}) WHERE value_number IS NOT NULL) LEFT JOIN (VALUES ${usualRows}) AS u(loinc, unit_from, usual_code, usual, factor, shift)
       ON code_system = 'http://loinc.org' AND code = loinc AND ucum = unit_from`,
  },
})

const bloodPressures = (observations: FlatTable): FlatTable => {
  // Of several readings in one panel the first; in other units than these it is none.
  const mmHg = `CASE WHEN value_unit IS NULL OR ${spellingSql('value_unit')} = 'mm[Hg]' THEN value_number WHEN value_unit = 'kPa' THEN value_number * 7.500615758456563 END`
  const part = (loinc: string): string => `arg_min(${mmHg}, id) FILTER (WHERE code_system = 'http://loinc.org' AND code = '${loinc}')`
  return {
    ...observations,
    name: 'blood_pressures',
    key: 'blood_pressures',
    title: 'Blood pressure panels, systolic and diastolic side by side; none that was entered in error or cancelled',
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
           SELECT panel_id AS panel, ${part('8480-6')} AS systolic, ${part('8462-4')} AS diastolic FROM o WHERE panel_id IS NOT NULL AND ${holds} GROUP BY panel_id
         ) ON o.id = panel WHERE systolic IS NOT NULL OR diastolic IS NOT NULL)`,
    },
  }
}

export const analysisTablesOver = (observations: FlatTable): FlatTable[] => [measurements(observations), bloodPressures(observations)]
