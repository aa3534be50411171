import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRefusal } from '../refusal/index.js'
import { checksumsAsked, dispositionOf, filenameIn, openScan, partOf, tableFormatOf } from './index.js'

test('a name goes into the header and comes out of it as it was', () => {
  for (const name of ['labs.csv', 'a b.csv', 'größe "x".csv', '結果.parquet', "it's (1)*.txt", '100%.csv'])
    expect([name, filenameIn(dispositionOf(name))]).toEqual([name, name])
  expect(dispositionOf('a"\r\nx: y')).not.toMatch(/[\r\n]/)
  expect(dispositionOf(null)).toBe('attachment')
})
test.each(['../x', 'a/b.csv', 'a\\b.csv', '..', '', ' x', 'a\u202egpj.exe', 'x'.repeat(201)])('%j is no file name', (name) => {
  expect(isRefusal(filenameIn(`attachment; filename="${name.replaceAll('\\', '\\\\')}"`))).toBe(true)
})
test('a header without a name says none, one that cannot be read is told', () => {
  expect([filenameIn(null), filenameIn('attachment')]).toEqual([null, null])
  expect(isRefusal(filenameIn(`attachment; filename*=UTF-8''%FF`))).toBe(true)
})

test('a part lies within the file, or there is none', () => {
  const size = fc.nat(1000)
  fc.assert(
    fc.property(size, fc.option(fc.nat(1200)), fc.option(fc.nat(1200)), (bytes, first, last) => {
      const part = partOf(`bytes=${first ?? ''}-${last ?? ''}`, bytes)
      if (part === null || part === 'none') return
      expect(part.start).toBeGreaterThanOrEqual(0)
      expect(part.end).toBeGreaterThanOrEqual(part.start)
      expect(part.end).toBeLessThan(bytes)
      if (first !== null) expect(part.start).toBe(first)
    }),
  )
  expect([partOf('bytes=0-0', 0), partOf('bytes=-0', 5), partOf('bytes=5-', 5)]).toEqual(['none', 'none', 'none'])
  const beyond = '9'.repeat(20)
  expect([partOf(`bytes=1-${beyond}`, 5), partOf(`bytes=-${beyond}`, 5), partOf(`bytes=${beyond}-`, 5)]).toEqual([
    { start: 1, end: 4 },
    { start: 0, end: 4 },
    'none',
  ])
  expect([partOf('bytes=3-1', 5), partOf('bytes=0-1,3-4', 5), partOf('lines=1-2', 5), partOf(null, 5)]).toEqual([null, null, null, null])
})

test('checksums are read in both forms, and what nothing can be held by is told', () => {
  const sha = `${'A'.repeat(43)}=`
  expect(checksumsAsked({ Digest: `SHA-256=${sha}`, 'Repr-Digest': `sha-256=:${sha}:` })).toHaveLength(2)
  expect(checksumsAsked({ Digest: `md5=abc, sha-256=${sha}` })).toEqual([{ algorithm: 'sha256', base64: sha }])
  for (const value of ['md5=abc', 'sha-256=:abc:', 'nonsense', ''])
    expect([value, isRefusal(checksumsAsked({ Digest: value }))]).toEqual([value, true])
})

const scanned = (text: string, step = text.length) => {
  const scan = openScan()
  for (let at = 0; at < text.length; at += step) scan.see(text.slice(at, at + step))
  return scan.end().map(({ kind, count, where }) => `${kind} ${count} ${where}`)
}
test('forms of people are counted by kind and first line, wherever the text was cut', () => {
  const text = 'id,Date of Birth,mrn\n1,x,219-09-9999\n2,(617) 555-0123,a@b.org\n3,219-09-9998,c@d.org\n'
  for (const step of [1, 3, 7, 1000])
    expect(scanned(text, step)).toEqual([
      'date-of-birth 1 column Date_of_Birth',
      'identifier-column 1 column mrn',
      'social-security-number 2 line 2',
      'email 2 line 3',
      'phone 1 line 3',
    ])
})
test('numbers, codes and dates of data are nobody', () => {
  expect(scanned('code,value,at\n8302-2,170.5,2026-01-02\n000-12-3456,1234567890,2026-01-02T03:04:05Z\nX-219-09-9999,1,1\n')).toEqual([])
})
test('the name says which files are tables', () => {
  expect(['a.csv', 'a.JSON', 'a.parquet', 'a.txt', 'a.xlsx', 'csv', 'a.csv.gz'].map(tableFormatOf)).toEqual([
    'csv',
    'json',
    'parquet',
    'txt',
    null,
    null,
    null,
  ])
})
