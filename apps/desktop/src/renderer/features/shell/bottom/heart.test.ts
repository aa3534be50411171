import { expect, test } from 'vitest'
import { heartOf } from './heart.js'

test.each([
  ['select 1', 'select 1'],
  ['with a as (\n  select 1\n)\nselect * from a', '… select * from a'],
  [`with a as (select ')' as x, "(" from t), "b c"(n) as materialized (select (1)) select n from "b c"`, '… select n from "b c"'],
  ['with recursive a as (select 1 union all select 2) select count(*) from a', '… select count(*) from a'],
  ['-- with a as (\nselect 2', 'select 2'],
  ['with a as (select 1', 'with a as (select 1'],
])('%s', (sql, heart) => {
  expect(heartOf(sql)).toBe(heart)
})
