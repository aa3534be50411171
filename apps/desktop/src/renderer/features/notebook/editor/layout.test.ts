import { expect, it } from 'vitest'
import { laidOut } from './layout.js'

it('lays out what has parameters, by name and by number', () => {
  expect(laidOut('select 3 as n, $as_of as day')).toBe('select\n  3 as n,\n  $as_of as day')
  expect(laidOut("select a from t where x = $1 and y = '$a'")).toBe("select\n  a\nfrom\n  t\nwhere\n  x = $1\n  and y = '$a'")
})
