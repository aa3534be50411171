// `aquifer policy` on files alone: what is wrong, what differs, what becomes of a resource.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { CommandFailed, WrongUsage } from './failure.js'
import { policyCommand } from './policy/index.js'

const folder = mkdtempSync(path.join(tmpdir(), 'aquifer-policy-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())
const fileOf = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}
async function policy(...args: string[]): Promise<{ out: string; error: unknown }> {
  let out = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += String(chunk)
    return true
  })
  const error: unknown = await policyCommand()
    .parseAsync(args, { from: 'user' })
    .then(
      () => null,
      (thrown: unknown) => thrown,
    )
  vi.restoreAllMocks()
  return { out, error }
}

const jane = { resourceType: 'Patient', id: 'mrn-4471923', name: [{ family: 'Roe' }], gender: 'female', birthDate: '1980-01-02' }
const states = { name: 'states', version: 1, extends: 'safe-harbor', classes: { STATE: 'remove' } }

test('check names every problem by line and path', async () => {
  const good = await policy('check', fileOf('good.json', JSON.stringify(states)))
  expect([good.error, good.out.includes('states v1, no problems')]).toEqual([null, true])
  const file = fileOf(
    'bad.json',
    '{\n  "name": "bad",\n  "version": 1,\n  "extends": "safe-harbor",\n  "classes": {\n    "NAME": "keep"\n  }\n}',
  )
  const bad = await policy('check', file)
  expect(bad.error).toBeInstanceOf(CommandFailed)
  expect(bad.out).toMatch(new RegExp(`^${file.replaceAll('.', '\\.')}:6 classes\\.NAME: `))
  expect((await policy('check', path.join(folder, 'none.json'))).error).toBeInstanceOf(WrongUsage)
})

test('diff tells what two policies treat differently, and how many elements of data come out otherwise', async () => {
  const file = fileOf('states.json', JSON.stringify(states))
  const data = fileOf(
    'data.ndjson',
    `${JSON.stringify({ ...jane, address: [{ state: 'OH' }, { state: 'MA' }] })}\n${JSON.stringify(jane)}\n`,
  )
  const { out } = await policy('diff', 'safe-harbor', file, '--data', data)
  expect(out).toBe(
    'safe-harbor v1 → states v1\nclasses.STATE: keep → remove\nelements that come out differently:\n  Patient.address.state: 2 in 1 resources\n',
  )
  const { changes } = JSON.parse((await policy('diff', 'safe-harbor', 'expert', '--json')).out) as { changes: unknown[] }
  expect(changes).toEqual([{ path: 'classes.DATE', from: 'year', to: 'shift' }])
})

test('trace goes field by field, with values only where they are asked for', async () => {
  const file = fileOf('jane.json', JSON.stringify(jane))
  const without = await policy('trace', 'safe-harbor', '--resource', file)
  expect(without.out).toMatch(/^removed +name +NAME → remove$/m)
  expect(without.out).toMatch(/^changed +birthDate +BIRTH_DATE → year$/m)
  for (const value of ['Roe', '1980', '4471923']) expect(without.out).not.toContain(value)
  const withThem = await policy('trace', 'safe-harbor', '--resource', file, '--values')
  expect(withThem.out).toMatch(/^removed +name +NAME → remove +\[\{"family":"Roe"\}\]$/m)
  expect((await policy('trace', 'safe-harbor', '--type', 'Nothing')).error).toBeInstanceOf(WrongUsage)
  expect((await policy('trace', 'expert', '--type', 'Observation')).out).toContain('expert v1')
})
