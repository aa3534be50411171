import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, expect, test } from 'vitest'
import { repair, type Resource } from '@aquifer/core/fhir'
import { generateResources } from '@aquifer/core/generate'
import { WrongUsage } from './failure.js'
import { maskCommand } from './mask.js'

const folder = mkdtempSync(path.join(tmpdir(), 'aquifer-mask-'))
const fileOf = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  process.exitCode = undefined
})

class Sink extends Writable {
  text = ''
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

async function mask(input: string, ...args: string[]): Promise<{ out: string; log: string; code: unknown }> {
  const [out, log] = [new Sink(), new Sink()]
  await maskCommand(() => ({ input: Readable.from([Buffer.from(input)]), out, log })).parseAsync(args, { from: 'user' })
  return { out: out.text, log: log.text, code: process.exitCode }
}

const jane = { resourceType: 'Patient', id: 'mrn-4471923', name: [{ text: 'Jane Roe' }], gender: 'female', birthDate: '1980-01-02' }
const height = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Jane’s height' }] },
  subject: { reference: 'Patient/mrn-4471923' },
  effectiveDateTime: '2010-05-06',
}
const lines = (...values: unknown[]): string =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('')
const parsed = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('masks line by line, the same under one key, otherwise under another', async () => {
  const key = fileOf('key', 'a key of at least sixteen bytes')
  const [first, again, other] = [
    await mask(lines(jane, height), '--key-file', key),
    await mask(lines(jane, height), '--key-file', key),
    await mask(lines(jane, height)),
  ]
  const [patient, observation] = parsed(first.out)
  expect(patient).toEqual({ resourceType: 'Patient', id: patient!['id'], gender: 'female', birthDate: '1980' })
  expect(observation).toMatchObject({ subject: { reference: `Patient/${patient!['id'] as string}` }, effectiveDateTime: '2010' })
  expect(again.out).toBe(first.out)
  expect(parsed(other.out)[0]!['id']).not.toBe(patient!['id'])
  expect(first.log).toMatch(/^safe-harbor v1: 2 resources masked, 0 held back\n/)
  expect(first.code).toBeUndefined()
})

test('tells what it holds back by line number and reason, never by content, and exits 1', async () => {
  const modified = { ...jane, modifierExtension: [{ url: 'http://example.org/not-jane' }] }
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: modified }, { resource: jane }] }
  const { out, log, code } = await mask(lines(jane, modified, '', '{"Jane": ', { resourceType: 'Jane' }, bundle, height))
  expect(parsed(out).map((resource) => resource['resourceType'])).toEqual(['Patient', 'Bundle', 'Observation'])
  expect(log).toContain(
    'line 2: held back: unknown-modifier-extension\nline 4: held back: unreadable\nline 5: held back: unknown-type\nline 6: a resource inside held back: unknown-modifier-extension\n',
  )
  expect(log).not.toMatch(/jane/i)
  expect(code).toBe(1)
  const json = await mask(lines(modified), '--json')
  expect(JSON.parse(json.log)).toMatchObject({
    policy: 'safe-harbor v1',
    resources: 1,
    held: 1,
    heldLines: [{ line: 1, reason: 'unknown-modifier-extension' }],
  })
})

test('takes a policy, a policy file and a dictionary', async () => {
  expect(parsed((await mask(lines(height), '--policy', 'expert')).out)[0]!['effectiveDateTime']).toMatch(/^\d{4}-\d\d-\d\d$/)
  const policy = fileOf('policy.json', JSON.stringify({ name: 'own', version: 2, extends: 'safe-harbor', classes: { DATE: 'remove' } }))
  const own = await mask(lines(height), '--policy', policy)
  expect(parsed(own.out)[0]).not.toHaveProperty('effectiveDateTime')
  expect(own.log).toMatch(/^own v2: /)
  for (const dictionary of [
    lines({ system: 'http://loinc.org', code: '8302-2', text: 'Body height' }),
    '[{"system":"http://loinc.org","code":"8302-2","text":"Body height"}]',
  ]) {
    expect((await mask(lines(height), '--displays', fileOf('displays', dictionary))).out).toContain('"display":"Body height"')
  }
})

test('refuses wrong usage with the place of the mistake', async () => {
  const policy = fileOf('bad.json', '{\n  "name": "own", "version": 1, "extends": "expert",\n  "classes": { "NAME": "keep" }\n}')
  const refused = async (...args: string[]): Promise<string> => {
    const error: unknown = await mask(lines(jane), ...args).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(WrongUsage)
    return (error as Error).message
  }
  expect(await refused('--policy', policy)).toBe(`${policy}:3 classes.NAME: NAME cannot be treated so. Take remove.`)
  expect(await refused('--policy', 'strict')).toBe('There is no policy strict.')
  expect(await refused('--policy', 'constructor')).toBe('There is no policy constructor.')
  expect(await refused('--key-file', path.join(folder, 'nowhere'))).toContain('There is no key file')
  expect(await refused('--key-file', fileOf('short', 'secret'))).toContain('shorter than 16 bytes')
  expect(await refused('--displays', fileOf('bad', 'Jane'))).not.toContain('Jane')
})

test.each(['safe-harbor', 'expert'])(
  '%s: of generated people no name, number, address or full birth date is left, and all references join',
  async (policy) => {
    const source = [...generateResources({ patients: 12, seed: 'mask', asOf: '2026-01-01' })]
    // One key of our own: under some keys a shifted date is by chance the birth date of somebody else.
    const { out, code } = await mask(lines(...source), '--policy', policy, '--key-file', fileOf('own-key', 'the key of this test alone'))
    expect(code).toBeUndefined()
    proveMasked(source, parsed(out))
  },
)

const data = process.env['AQUIFER_TEST_DATA']
test('the same of real-looking people, where test data is given', async () => {
  const file = data === undefined ? null : path.join(data, 'synthea-dstu2.bundles.ndjson.gz')
  if (file === null) {
    console.log('AQUIFER_TEST_DATA is not set: masking is proven on generated people only')
    return
  }
  const bundles = gunzipSync(readFileSync(file)).toString().split('\n').slice(0, 60)
  const source = bundles.flatMap((line) =>
    (JSON.parse(line) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => {
      repair(resource)
      return resource
    }),
  )
  const { out } = await mask(lines(...source))
  const masked = parsed(out)
  expect(masked).toHaveLength(source.length)
  proveMasked(source, masked)
  const codes = (resources: object[]): string[] =>
    [...JSON.stringify(resources).matchAll(/"code":"([^"]+)"/g)].map((match) => match[1]!).sort()
  expect(codes(masked)).toEqual(codes(source.map((resource) => ({ ...resource, meta: undefined }))))
})

/** Needles: every word of names, and every value of an identifier, contact, address line, id and birth date in the source. */
function needlesIn(source: Record<string, unknown>[]): Set<string> {
  const needles = new Set<string>()
  const parts = (value: unknown): Record<string, string & string[]>[] => (Array.isArray(value) ? (value as never) : [])
  for (const { name, identifier, telecom, address, birthDate, id } of source) {
    for (const each of parts(name))
      for (const word of [...(each['family'] ?? []), ...(each['given'] ?? [])]) if (word.length > 3) needles.add(word)
    for (const each of [...parts(identifier), ...parts(telecom)]) if (each['value']) needles.add(each['value'])
    for (const each of parts(address)) for (const line of each['line'] ?? []) needles.add(line)
    for (const each of [birthDate, id]) if (typeof each === 'string') needles.add(each)
  }
  return needles
}

const strings = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => [key, ...strings(item)])
      : []
const targets = (resources: Record<string, unknown>[]): string[] =>
  [...JSON.stringify(resources).matchAll(/"reference":"([^"#]+)"/g)].map((match) => match[1]!.replace(/^.*[/:]/, ''))

function proveMasked(source: Record<string, unknown>[], masked: Record<string, unknown>[]): void {
  const needles = needlesIn(source)
  const found = new Set(strings(masked).flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}'-]+/u)]))
  expect(needles.size).toBeGreaterThan(100)
  expect([...needles].filter((needle) => found.has(needle))).toEqual([])
  const dangling = (resources: Record<string, unknown>[]): number => {
    const ids = new Set(resources.map((resource) => resource['id']))
    return targets(resources).filter((id) => !ids.has(id)).length
  }
  expect(dangling(source)).toBe(0)
  expect(dangling(masked)).toBe(0)
  expect(targets(masked).length).toBeGreaterThan(targets(source).length * 0.98)
}
