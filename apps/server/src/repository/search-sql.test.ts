import { expect, test } from 'vitest'
import { countSql, pageSql } from './search-sql.js'
import type { SqlQuery } from './search-sql.js'

const base: SqlQuery = { scope: { sid: 7 }, type: 'Observation', clauses: [], count: 50, sort: { by: '_id', descending: false } }
const loinc = { system: 'http://loinc.org', code: '8302-2' }
const searches: Record<string, SqlQuery> = {
  'a type, by id': base,
  'code, newest first': {
    ...base,
    clauses: [{ kind: 'token', param: 'code', any: [loinc] }],
    sort: { by: '_lastUpdated', descending: true },
  },
  'patient and code, by date': {
    ...base,
    clauses: [
      { kind: 'reference', param: 'patient', any: [{ type: 'Patient', id: 'p1' }] },
      { kind: 'token', param: 'code', any: [loinc] },
    ],
    sort: { by: 'date', descending: true },
  },
  'identifier of a Patient': { ...base, type: 'Patient', clauses: [{ kind: 'token', param: 'identifier', any: [{ code: '1' }] }] },
  'Organizations of a study': { ...base, type: 'Organization' },
  'a span of dates, at sites, of people': {
    ...base,
    scope: { sid: 7, sites: [1], patientIds: ['p1'] },
    clauses: [{ kind: 'date', param: 'date', any: [{ prefix: 'ge', lo: 1, hi: 2 }] }],
  },
}

test.each(Object.entries(searches))('the SQL of a search is known: %s', async (name, query) => {
  const page = pageSql(query, {
    stretch: 'keyed',
    from: { total: 1, keys: [query.sort.by === '_id' ? 'x' : 5], rid: '9', snapshot: '7:7:' },
    snapshot: '7:7:',
    limit: 51,
  })
  const count = countSql(query)
  const text = [page.sql, `-- ${page.parameters.length} parameters`, count.sql, ''].join('\n')
  await expect(text).toMatchFileSnapshot(`test/search-sql/${name.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}.sql`)
})

test('values are parameters, never text', () => {
  const evil = `'; drop table version; --`
  const { sql } = pageSql(
    {
      ...base,
      clauses: [
        { kind: 'id', ids: [evil] },
        { kind: 'string', param: 'code', any: [evil], match: 'contains' },
      ],
    },
    { stretch: 'keyed', from: null, snapshot: null, limit: 1 },
  )
  expect(sql).not.toContain('drop')
})
