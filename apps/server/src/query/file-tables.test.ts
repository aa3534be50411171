// Files of the reservoir as tables: by name, beside the study's own, read-only and no others; a bad one fails alone and tells nothing of
// what stands in it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { openDuckDb } from '../storage/index.js'
import type { QueryFile } from './index.js'
import { openQueryWorld, type World } from './test/world.js'

let world: World
let folder: string
const add = (name: string, content: string | Buffer): QueryFile => {
  const path = join(folder, `id-${world.files.length}`)
  writeFileSync(path, content)
  const file = { name, format: name.split('.').pop() as QueryFile['format'], path, bytes: content.length }
  world.files.push(file)
  return file
}
const rows = async (sql: string): Promise<unknown[][]> => {
  const answer = await world.rows(sql)
  if (isRefusal(answer)) throw new Error(JSON.stringify(answer))
  return answer.rows
}

beforeAll(async () => {
  world = await openQueryWorld()
  folder = join(world.folder, 'files', 'SYN')
  mkdirSync(folder, { recursive: true })
  add('labs.csv', 'patient_key,value,note\npk1,1.5,"a, b"\npk2,2.5,c\n')
  add('lines.txt', 'one, "two"\r\n\r\nthree; four\n')
  add('things.json', '[{"a":1,"b":{"c":"x"}},{"a":2}]')
  add('more.json', '{"a":1}\n{"a":2}\n')
  add('it"s odd.csv', 'x\n1\n')
  add('no.csv', Buffer.from([0xff, 0xfe, 0x00, 0x31, 0x0a, 0xc3, 0x28]))
  // What a reader that guesses takes for something else, whose rows would then have no key by which somebody could be left out.
  add('ragged.csv', 'patient_key,value\npk1,1,secret-value\npk2,2,3\n')
  add('heading.csv', 'secret-value of all\npatient_key,value\npk1,1\npk2,2\n')
  add('single.csv', "'patient_key','value'\n'pk1','secret-value'\n")
  add('wide.csv', Buffer.from('patient_key,value\npk1,secret-value\n', 'utf16le'))
  add('open.csv', 'patient_key,value\npk1,"secret-value\npk2,2\n')
  add('mixed.json', '{"patient_key":"pk1","a":"secret-value"}\n1\n')
  add('mark.json', '\ufeff[{"patient_key":"pk1","a":"secret-value"}]')
  add('deep.json', `[{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}]`)
  add('latin.txt', Buffer.from([0xe4, 0x0a]))
  const many = Array.from({ length: 300 }, (_, at) => `"k${at}":"${at}"`).join(',')
  add('many.json', `[{"patient_key":"pk2",${many}},{"patient_key":"gone",${many}}]`)
  add('late.json', `${'{"a":1}\n'.repeat(25_000)}{"a":"x","patient_key":"gone"}\n{"patient_key":"pk2"}\n`)
  add('semicolons.csv', 'patient_key;"value, and unit"\npk2;1,5\ngone;2\n')
  add('numbers.csv', '1,2\n3,4\n')
  add('late.csv', `x\n${'1\n'.repeat(400_000)}secret-value\n`)
  add('no.json', '{"secret-value":')
  add('no.parquet', 'secret-value')
  const { connection, close } = await openDuckDb({ threads: 1 })
  const path = join(folder, 'parquet')
  await connection.run(`COPY (SELECT range AS n FROM range(1000)) TO '${path}' (FORMAT parquet)`)
  close()
  world.files.push({ name: 'Numbers.parquet', format: 'parquet', path, bytes: 1 })
})
afterAll(() => world.close())

test('each kind is a table by its quoted name, and joins the study’s own', async () => {
  expect(await rows('SELECT value, note FROM "labs.csv" ORDER BY value')).toEqual([
    [1.5, 'a, b'],
    [2.5, 'c'],
  ])
  expect(await rows('SELECT line FROM SYN."lines.txt" ORDER BY line_number')).toEqual([['one, "two"'], [''], ['three; four']])
  expect(await rows('SELECT a, b.c FROM "things.json" ORDER BY a')).toEqual([
    [1, 'x'],
    [2, null],
  ])
  expect(await rows('SELECT sum(a) FROM "more.json"')).toHaveLength(1)
  expect(await rows('SELECT count(*) FROM "numbers.PARQUET"')).toEqual([[1000]])
  expect(await rows('SELECT x FROM "it""s odd.csv"')).toEqual([[1]])
  expect(await rows('SELECT p.gender, l.value FROM patients p JOIN "labs.csv" l USING (patient_key) ORDER BY 2')).toEqual([
    ['female', 1.5],
    ['male', 2.5],
  ])
})

test('rows of whoever is withheld, erased or unknown are in no answer, which says that some are left out', async () => {
  const leftOut = async (sql: string): Promise<unknown> => {
    const answer = await world.rows(sql)
    return isRefusal(answer) ? answer : [answer.rows, answer.basis.leftOut]
  }
  const all = 'SELECT patient_key FROM "labs.csv" ORDER BY 1'
  expect(await leftOut(all)).toEqual([[['pk1'], ['pk2']], undefined])
  world.withheld.push('pk1')
  try {
    expect(await leftOut(all)).toEqual([[['pk2']], [{ file: 'labs.csv', rows: '1–10' }]])
    expect(await leftOut('SELECT count(*) FROM "more.json"')).toEqual([[[2]], undefined])
  } finally {
    world.withheld.pop()
  }
  // Whoever was erased is in no list of people who withdrew any more, and after a change of keys nobody has the pseudonym of before.
  const before = `Patient_Key,value\n${['pk2', 'gone', ...Array.from({ length: 20 }, (_, n) => `k${n}`)].map((key) => `${key},1`).join('\n')}\n,1\n`
  add('before.csv', before)
  expect(await leftOut('SELECT DISTINCT Patient_Key FROM "before.csv"')).toEqual([
    [['pk2']],
    [{ file: 'before.csv', rows: 'more than 10' }],
  ])
  const kept = await world.query.keep({
    study: world.study,
    actor: 'ana',
    sql: 'SELECT count(*) FROM "before.csv"',
    purpose: 'test',
    limit: 10,
    format: 'json',
  })
  expect(isRefusal(kept) ? kept : kept.basis.leftOut).toEqual([{ file: 'before.csv', rows: 'more than 10' }])
})

test('a file with keys is read as one that has them, whatever else is in it', async () => {
  expect(await rows('SELECT patient_key, k299 FROM "many.json"')).toEqual([['pk2', '299']])
  expect(await rows('SELECT * FROM "late.json"')).toEqual([[null, 'pk2']])
  expect(await rows('SELECT * FROM "semicolons.csv"')).toEqual([['pk2', '1,5']])
  expect(await rows('SELECT "1", "2" FROM "numbers.csv"')).toEqual([[3, 4]])
})

// prettier-ignore
const unlike = ['no.csv', 'late.csv', 'ragged.csv', 'heading.csv', 'single.csv', 'wide.csv', 'open.csv', 'no.json', 'deep.json', 'mixed.json', 'mark.json', 'no.parquet', 'latin.txt']
test.each(unlike)('%s is told by its name, nothing of it is, and no other table breaks', async (name) => {
  const refused = await world.refused(`SELECT max(CAST(t AS VARCHAR)) FROM "${name}" t`)
  expect([refused.refusal, refused.detail.startsWith(`The file "${name}" cannot be read as a table.`)]).toEqual(['statement-invalid', true])
  expect(JSON.stringify(refused)).not.toMatch(/secret-value|\/files\/|id-\d/)
  if (name === 'late.csv') expect(refused.detail).toContain('Line 400002')
  expect(await rows('SELECT count(*) FROM "labs.csv"')).toEqual([[2]])
})

test('no other way leads to a file', async () => {
  const { path } = world.files[0]!
  for (const sql of [
    `SELECT * FROM '${path}'`,
    `SELECT * FROM "${path}"`,
    `SELECT * FROM read_csv('${path}')`,
    `SELECT * FROM read_text('${path}')`,
    `SELECT * FROM OTHER."labs.csv"`,
    `SELECT * FROM _rows."file labs.csv"`,
    `SELECT * FROM "other.csv"`,
  ])
    expect([sql, (await world.refused(sql)).refusal]).toEqual([sql, 'statement-invalid'])
  const answer = await world.query.run({
    study: world.other,
    actor: 'ana',
    sql: 'SELECT * FROM "labs.csv"',
    purpose: 'test',
    limit: 1,
    format: 'json',
  })
  expect(isRefusal(answer) && answer.refusal).toBe('statement-invalid')
})

test('the catalogue lists the files', async () => {
  const { tables } = await world.query.catalogue(world.study)
  expect(tables.filter(({ kind }) => kind === 'file').map(({ name }) => name)).toContain('labs.csv')
})
