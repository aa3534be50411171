import { expect, test } from 'vitest'
import { checkStatement } from './check-statement.js'

// Trees as the engine's parser makes them, as far as the walk looks at them; whole statements go through the engine in the server's tests.

const column = (name: string) => ({ class: 'COLUMN_REF', type: 'COLUMN_REF', column_names: [name] })
const star = { class: 'STAR', type: 'STAR', relation_name: '', exclude_list: [], replace_list: [], expr: null }
const ordered = (...expressions: object[]) => ({ type: 'ORDER_MODIFIER', orders: expressions.map((expression) => ({ expression })) })
const table = { type: 'BASE_TABLE', alias: '', schema_name: '', catalog_name: '', table_name: 'patients' }
const columnsOf = (selected: object[], modifier: object) => {
  const node = { type: 'SELECT_NODE', modifiers: [modifier], cte_map: { map: [] }, select_list: selected, from_table: table }
  const checked = checkStatement({ error: false, statements: [{ node }] }, { schema: 'REG', tables: ['patients'] })
  return 'detail' in checked ? checked : checked.columns
}

test('ordered by all, a statement reads what it selects and no more', () => {
  expect(columnsOf([column('gender')], ordered(star))).toEqual(new Set(['gender']))
  expect(columnsOf([column('gender')], ordered(column('state')))).toEqual(new Set(['gender', 'state']))
})

test('any other star may mean every column', () => {
  expect(columnsOf([star], ordered(star))).toBeNull()
  for (const other of [
    { ...star, exclude_list: ['state'] },
    { ...star, relation_name: 'patients' },
    { ...star, expr: column('state') },
  ])
    expect(columnsOf([column('gender')], ordered(other))).toBeNull()
  expect(columnsOf([column('gender')], ordered(column('gender'), star))).toBeNull()
})
