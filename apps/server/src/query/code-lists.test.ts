import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Study } from '../repository/index.js'
import { countListBy, openCodeListDesk, unmappedCodesOf, type CodeListDesk } from './index.js'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

let world: World
let desk: CodeListDesk
beforeAll(async () => {
  world = await openQueryWorld()
  const { repository, codeLists: lists, query } = world
  desk = openCodeListDesk({ repository, lists, count: countListBy(query), now: () => Date.now() })
})
afterAll(() => world.close())

const csv = 'code,display,target_system,target_code\n8302-2,Body height,urn:own,height\n29463-7,Body weight,urn:own,weight\n'
const load = (study: Study | null, name: string, text: string, more: object = {}) =>
  desk.load(study, { name, text, check: false, by: 'ana', ...more })
async function answer(sql: string): Promise<unknown> {
  const found = await world.rows(sql)
  return 'rows' in found ? found.rows : found
}

test('a list is a table of statements: its newest version, or any of them', async () => {
  expect(await answer('SELECT count(*) FROM code_lists')).toEqual([[0]])
  expect(await load(world.study, 'vitals', csv, { system: 'loinc', edition: '2.78' })).toMatchObject({ version: 1, rows: 2, warnings: [] })
  const joined = `SELECT o.id, l.target_code, l.display FROM observations o JOIN code_lists l ON l.system = o.code_system AND l.code = o.code ORDER BY o.id`
  expect(await answer(joined)).toEqual([
    ['o1', 'height', 'Body height'],
    ['o2', 'height', 'Body height'],
  ])
  expect(await load(world.study, 'vitals', csv, { system: 'loinc', edition: '2.78' })).toMatchObject({ version: 1, unchanged: true })
  expect(await load(world.study, 'vitals', csv.replace('height\n', 'length\n'), { system: 'loinc' })).toMatchObject({ version: 2 })
  expect(await answer(joined)).toMatchObject([
    ['o1', 'length', 'Body height'],
    ['o2', 'length', 'Body height'],
  ])
  const old = `SELECT version, target_code FROM code_list_versions WHERE code = '8302-2' ORDER BY version`
  expect(await answer(old)).toEqual([
    [1, 'height'],
    [2, 'length'],
  ])
})

test('a list of all studies is seen in each, unless the study has its own of that name', async () => {
  const { study, other } = world
  await load(null, 'shared', 'code,system\nx,urn:s\n')
  await load(null, 'vitals', 'code,system\n8302-2,http://loinc.org\n')
  const names = async (of: Study | null) => (await desk.list(of)).lists.map(({ name, scope }) => `${name} ${scope}`)
  expect(await names(study)).toEqual(['shared all', 'vitals study'])
  expect(await names(other)).toEqual(['shared all', 'vitals all'])
  expect(await names(null)).toEqual(['shared all', 'vitals all'])
  expect(await answer(`SELECT DISTINCT list, version FROM code_lists ORDER BY list`)).toEqual([
    ['shared', 1],
    ['vitals', 2],
  ])
})

test('counts of people are told as marks where they are small; codes of no list are told with the reason', async () => {
  const page = await desk.page(world.study, { name: 'vitals', version: null, from: 0, limit: 10, used: false, counted: true })
  expect(page).toMatchObject({ version: 2, used: 1, next: null })
  expect('entries' in page && page.entries.map(({ code, people }) => [code, people])).toEqual([
    ['8302-2', '<11'],
    ['29463-7', 0],
  ])
  const used = await desk.page(world.study, { name: 'vitals', version: 1, from: 0, limit: 10, used: true, counted: true })
  expect('entries' in used && used.entries.map(({ targetCode }) => targetCode)).toEqual(['height'])
  const found = await unmappedCodesOf(world.query, world.study)
  expect(found).toMatchObject({
    systems: [{ system: 'http://loinc.org', lists: ['vitals'], codes: 3, unmapped: 2 }],
    codes: [
      { element: 'Observation.code', code: '55284-4', people: '<11', because: 'not-in-lists' },
      { element: 'Observation.component.code', code: '8480-6', people: '<11', because: 'not-in-lists' },
    ],
    truncated: false,
  })
})

test('of codes without a list who gets counts only is told those that 11 people have, rounded, and no number of others', async () => {
  const sick = (at: number): MaskedResource[] => {
    const key = `u${at}`
    const code = { coding: [{ system: 'urn:codes', code: at < 10 ? 'few' : 'many' }] }
    const of = { patient_key: key, patient: { reference: `Patient/${key}` } }
    return [{ ...of, resourceType: 'Condition', id: key, code, verificationStatus: 'confirmed' }]
  }
  await publish(world.reservoir, 'SYN', Array.from({ length: 40 }, (_, at) => sick(at)).flat(), 2)
  const { study, query } = world
  const found = await unmappedCodesOf(query, study, {
    people: (code, count) => query.told.people(study, count, code),
    codes: (cell, count) => query.told.alone(study, cell, count),
  })
  expect(found).toMatchObject({
    systems: [{ system: 'urn:codes', codes: 1, unmapped: 1 }],
    codes: [{ element: 'Condition.code', code: 'many', because: 'no-list-of-system' }],
    truncated: false,
  })
  const [many] = 'codes' in found ? found.codes : []
  expect([22, 33]).toContain(many?.people)
  expect(JSON.stringify(found)).not.toMatch(/few|8302-2|55284-4/)
})

test('what is wrong in a list is told by line or element, and nothing of it is kept', async () => {
  const said = async (text: string, more: object = {}): Promise<unknown> => {
    const refused = await load(world.study, 'wrong', text, more)
    return 'refusal' in refused ? `${refused.refusal}: ${'detail' in refused ? refused.detail : ''}` : refused
  }
  expect(await said('code,system\na,urn:s\n,urn:s\n')).toBe('invalid: line 3: no code')
  expect(await said('code\na\n')).toMatch('line 2: no system')
  expect(await said('code,system,mrn\na,urn:s,1\n')).toMatch('line 1: names the columns')
  expect(await said('code,system\na,urn:s,more\n')).toMatch('line 2: not CSV')
  expect(await said('code,display\na,one\na,two\n', { system: 'atc' })).toMatch('line 3: the same code as in line 2 with another text')
  const secret = await said('code,display,system\na,078-05-1120,urn:s\n')
  expect(secret).toMatch('line 2: looks like a social security number')
  expect(secret).not.toMatch('078')
  expect(await said('{"resourceType":"ValueSet","compose":{"include":[{"system":"urn:s","filter":[{}]}]}}')).toMatch(
    'compose.include[0]: a rule',
  )
  expect(await said('{\n"resourceType":}')).toMatch('line 2: not JSON')
  expect((await desk.list(world.study)).lists.map(({ name }) => name)).not.toContain('wrong')
})

test('resources of several versions of FHIR are lists; names of people in one are warned of', async () => {
  const load1 = (text: object) => load(world.study, 'resource', JSON.stringify(text), { check: true })
  const map = { source: 'urn:a', target: 'urn:b', element: [{ code: '1', target: [{ code: '2', equivalence: 'wider' }] }, { code: '3' }] }
  expect(await load1({ resourceType: 'ConceptMap', title: 'Mapped', version: '7', group: [map] })).toMatchObject({
    title: 'Mapped',
    version: null,
    rows: 2,
    systems: ['urn:a'],
  })
  const dstu2 = { codeSystem: 'urn:a', code: '1', target: [{ codeSystem: 'urn:b', code: '2', equivalence: 'equal' }] }
  expect(await load1({ resourceType: 'ConceptMap', element: [dstu2] })).toMatchObject({ rows: 1 })
  const concept = [{ code: '1', concept: [{ code: '1.1' }] }]
  expect(await load1({ resourceType: 'ValueSet', codeSystem: { system: 'urn:a', concept } })).toMatchObject({ rows: 2 })
  expect(await load1({ resourceType: 'CodeSystem', url: 'urn:a', concept })).toMatchObject({ rows: 2 })
  const contains = [{ abstract: true, contains: [{ system: 'urn:a', code: '1' }] }]
  expect(await load1({ resourceType: 'ValueSet', expansion: { contains } })).toMatchObject({ rows: 1 })
  const people = ['Ann Miller', 'Bob Jones', 'Eve Smith'].map((display, at) => `${at},${display},urn:s`).join('\n')
  expect(await load(world.study, 'people', `code,display,system\n${people}\n`, { check: true })).toMatchObject({
    warnings: [{ place: 'list', what: expect.stringContaining('names of people') as string }],
  })
})
