import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cohortCriteria, type CohortCodes, type CohortCriteria } from '../contract/index.js'
import { canonicalCriteria, changedRules, codeNamesSql, cohortOf, cohortSentence, cohortSql } from './index.js'
import { anyCriteria } from './test/criteria.js'

const hypertension: CohortCriteria = {
  all: [
    { is: 'sex', in: ['female'] },
    { is: 'age', min: 40, max: 75, on: '2016-12-31' },
    { is: 'condition', of: { list: 'hypertension' }, window: { from: '2005-01-01' } },
    {
      is: 'any',
      of: [
        {
          is: 'observation',
          of: { system: 'http://loinc.org', codes: ['8480-6'] },
          value: { comparison: '>=', number: 140, unit: 'mm[Hg]' },
          atLeast: 2,
        },
        { is: 'medication', of: { codes: ['316049'] } },
      ],
    },
    { is: 'not', of: { is: 'procedure', of: { codes: ["o'1"] } } },
  ],
}

test('criteria as SQL and as a sentence', () => {
  expect(cohortSql(hypertension)).toBe(`SELECT p.patient_key
FROM patients p
WHERE coalesce(p.gender, 'unknown') IN ('female')
  AND coalesce(coalesce(date_sub('year', p.birth_date, DATE '2016-12-31'), 2016 - p.birth_year) BETWEEN 40 AND 75, false)
  AND EXISTS (SELECT 1 FROM conditions r WHERE r.patient_key = p.patient_key AND r.code_system || '|' || r.code IN (SELECT l."system" || '|' || l.code FROM code_lists l WHERE l.list = 'hypertension') AND coalesce(r.verification_status, '') NOT IN ('refuted', 'entered-in-error') AND coalesce(CAST(r.onset_at AS DATE) >= DATE '2005-01-01', r.onset_year >= 2005))
  AND (
    (SELECT count(*) FROM measurements r WHERE r.patient_key = p.patient_key AND r.code_system = 'http://loinc.org' AND r.code IN ('8480-6') AND coalesce(r.status, '') NOT IN ('cancelled', 'entered-in-error') AND r.usual_number >= 140 AND r.usual_unit IN ('mm[Hg]')) >= 2
    OR EXISTS (SELECT 1 FROM medication_orders r WHERE r.patient_key = p.patient_key AND r.code IN ('316049') AND coalesce(r.status, '') NOT IN ('draft', 'entered-in-error'))
  )
  AND NOT (EXISTS (SELECT 1 FROM procedures r WHERE r.patient_key = p.patient_key AND r.code IN ('o''1') AND coalesce(r.status, '') NOT IN ('aborted', 'entered-in-error')))`)
  expect(cohortSentence(hypertension)).toBe(
    "People who are female; are aged 40 to 75 on 31 Dec 2016; have a condition of the code list hypertension on or after 01 Jan 2005; at least one of: (have at least 2 times an observation with the code 8480-6 of LOINC of at least 140 mm[Hg]; or have a medication order with the code 316049); and do not have a procedure with the code o'1.",
  )
  const named = cohortSentence(hypertension, false, (is, code) =>
    is === 'medication' && code === '316049' ? 'Hydrochlorothiazide' : undefined,
  )
  expect(named).toContain("with the code 316049 (Hydrochlorothiazide)); and do not have a procedure with the code o'1.")
  expect(codeNamesSql(hypertension)).toContain("SELECT 'medication', code, mode(code_text) FROM medication_orders WHERE code IN ('316049')")
  expect(codeNamesSql({ all: [{ is: 'sex', in: ['female'] }] })).toBeNull()
  expect([cohortSql({ all: [] }), cohortSentence({ all: [] })]).toEqual([
    'SELECT p.patient_key\nFROM patients p',
    'Everybody in the study.',
  ])
})

test('SQL of any criteria is read back as the same criteria, however it is spaced', () => {
  fc.assert(
    fc.property(anyCriteria, (criteria) => {
      expect(cohortCriteria.parse(criteria)).toEqual(criteria)
      const sql = cohortSql(criteria)
      expect(cohortOf(sql)).toEqual(criteria)
      expect(cohortOf(`  ${sql}\n\n`)).toEqual(criteria)
      expect(cohortSentence(criteria).endsWith('.')).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a value that is changed in the SQL changes the criteria; anything else that is changed leaves no form', () => {
  const sql = cohortSql(hypertension)
  expect(cohortOf(sql.replace('>= 140', '>= 150'))!.all[3]).toMatchObject({ of: [{ value: { number: 150 } }, {}] })
  const changes: [string, string][] = [
    ['p.patient_key', 'p.id'],
    ['>= 2005)', '>= 2004)'],
    ["'refuted', ", ''],
    ['NOT (EXISTS', 'NOT NOT (EXISTS'],
    ['BETWEEN 40', 'BETWEEN 4000'],
    ['OR EXISTS', 'AND EXISTS'],
    ["'2016-12-31'", "'2016-13-31'"],
    ['SELECT p.', 'SELECT DISTINCT p.'],
    ['FROM patients p', 'FROM patients p -- all'],
    ["'o''1'", "'o''1' || 'x'"],
  ]
  for (const [from, to] of changes) {
    expect(sql).toContain(from)
    // OR among three is AND among three, which is a form of its own.
    const read = cohortOf(sql.replace(from, to))
    if (to === 'AND EXISTS') expect(read!.all[3]).toMatchObject({ is: 'all' })
    else expect([from, read]).toEqual([from, null])
  }
  const pieces = sql.split(' ')
  fc.assert(
    fc.property(fc.nat(pieces.length - 1), (at) => {
      const without = pieces.toSpliced(at, 1).join(' ')
      const read = cohortOf(without)
      // What can be read is what would be written: nothing is passed over.
      if (read !== null) expect(cohortSql(read).replace(/\s+/g, '')).toBe(without.replace(/\s+/g, ''))
    }),
  )
})

test('equal criteria have one text; two versions differ by their rules', () => {
  const [first, second] = [
    { is: 'age' as const, min: 40, on: '2016-12-31' },
    { on: '2016-12-31', min: 40, is: 'age' as const },
  ]
  expect(canonicalCriteria({ all: [first] })).toBe(canonicalCriteria({ all: [second] }))
  const women = { is: 'sex' as const, in: ['female' as const] }
  expect(changedRules({ all: [women, { ...first, min: 50 }] }, { all: [second, women] })).toEqual([
    { change: 'added', rule: 'are aged 40 or older on 31 Dec 2016' },
    { change: 'same', rule: 'are female' },
    { change: 'removed', rule: 'are aged 50 or older on 31 Dec 2016' },
  ])
})

test('amounts are compared in the usual unit of the codes, which the sentence names; a unit of the rule is brought into it', () => {
  const rule = (of: CohortCodes, number: number, unit?: string): CohortCriteria => ({
    all: [{ is: 'observation', of, value: { comparison: '>=', number, ...(unit === undefined ? {} : { unit }) } }],
  })
  const said = (criteria: CohortCriteria) => [cohortSql(criteria).split(' AND ').slice(3).join(' AND '), cohortSentence(criteria)]
  const pressure = { codes: ['8480-6', '8462-4'] }
  expect(said(rule(pressure, 140))).toEqual([
    "r.usual_number >= 140 AND r.usual_unit = 'mm[Hg]')",
    'People who have an observation with the code 8480-6 or 8462-4 of at least 140 mm[Hg].',
  ])
  expect(said(rule(pressure, 18.7, 'kPa'))[0]).toBe(
    "r.usual_number >= CAST(18.7 AS DOUBLE) * 7.500615758456563 + 0 AND r.usual_unit IN ('kPa', 'mm[Hg]'))",
  )
  expect(said(rule(pressure, 140, 'mmHg'))[0]).toBe("r.usual_number >= 140 AND r.usual_unit IN ('mmHg', 'mm[Hg]'))")
  // Of glucose and cholesterol a mole is not the same mass, and of a list nobody knows.
  expect(said(rule({ codes: ['2345-7', '2093-3'] }, 7, 'mmol/L'))[0]).toBe("r.usual_number >= 7 AND r.usual_unit IN ('mmol/L'))")
  expect(said(rule({ list: 'weights' }, 80))[1]).toContain('at least 80 in the usual unit of its code')
  expect(said(rule({ codes: ['55758-7'] }, 3))).toEqual([
    'r.usual_number >= 3)',
    expect.stringContaining('of at least 3 in whatever unit it was sent'),
  ])
  for (const each of [rule(pressure, 140), rule(pressure, 18.7, 'kPa'), rule({ codes: ['8310-5'] }, 100.4, '°F')])
    expect(cohortOf(cohortSql(each))).toEqual(each)
})
