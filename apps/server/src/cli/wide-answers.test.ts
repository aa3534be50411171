import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { columnsOf, questionsSql, wideSql, type Question } from './wide-answers.js'

test('a question that somebody answered several times keeps all answers, in their order', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE questionnaire_answers AS SELECT id, split_part(id, '.', 1) AS response_id, 'p' AS patient_key, NULL AS authored_at, 2020 AS authored_year,
    'q' AS questionnaire_key, link_id, value_number, value_code, NULL AS value_boolean, NULL AS value_at, NULL AS value_year, value_text FROM (VALUES
    ('r1.1', 'pain', 3.0, NULL, NULL), ('r1.2', 'drugs', NULL, 'b', NULL), ('r1.3', 'drugs', NULL, 'a', NULL), ('r1.4', 'drugs', NULL, NULL, 'other'),
    ('r2.1', 'pain', 5.0, NULL, NULL), ('r2.2', 'drugs', NULL, 'c', NULL), ('r2.3', 'gone', NULL, NULL, NULL)
  ) AS v(id, link_id, value_number, value_code, value_text)`)
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson()
  const questions = (await connection.runAndReadAll(questionsSql('q'))).getRows() as unknown as Question[]
  const columns = questions.flatMap(columnsOf)
  expect(columns.map(({ name, several }) => [name, several])).toEqual([
    ['drugs_code', true],
    ['drugs_text', false],
    ['gone', false],
    ['pain', false],
  ])
  expect(await rowsOf(`${wideSql('q', columns)} ORDER BY response_id`)).toMatchObject([
    { response_id: 'r1', drugs_code: ['b', 'a'], drugs_text: 'other', gone: null, pain: '3.0' },
    { response_id: 'r2', drugs_code: ['c'], drugs_text: null, gone: null, pain: '5.0' },
  ])
  connection.closeSync()
  instance.closeSync()
})
