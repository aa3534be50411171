import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openServerAddress, originOf } from './server-address.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'aquifer-desktop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('an address is an origin of http or https, and nothing else', () => {
  expect(
    ['https://a.example/x?y', 'a.example:8080', 'http://u:p@a.example', 'file:///etc/passwd', 'javascript:alert(1)', ''].map(originOf),
  ).toEqual(['https://a.example', 'http://a.example:8080', 'http://a.example', undefined, undefined, undefined])
})

test('the argument comes before the environment, what was chosen last before this machine', () => {
  const file = path.join(folder, 'server.json')
  expect(openServerAddress(file, [], undefined).get()).toBe('http://127.0.0.1:8080')
  expect(openServerAddress(file, ['--server=https://a.example'], 'http://b.example').get()).toBe('https://a.example')
  const chosen = openServerAddress(file, [], 'http://b.example')
  expect(chosen.get()).toBe('http://b.example')
  expect(chosen.use('not a server at all')).toBe('http://b.example')
  expect(chosen.use(' https://c.example/path ')).toBe('https://c.example')
  expect(openServerAddress(file, [], undefined).get()).toBe('https://c.example')
})
