import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { restoreCommand } from './backup.js'

const folder = mkdtempSync(path.join(tmpdir(), 'aquifer-restore-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([[], ['--from-lake']])('a ledger that is not there is said before anything is done %j', async (...more) => {
  const data = path.join(folder, 'data')
  const asked = [folder, ...more.filter((each) => typeof each === 'string'), '--data', data, '--ledger', path.join(folder, 'wrong.ndjson')]
  await expect(restoreCommand().parseAsync(asked, { from: 'user' })).rejects.toThrow('There is no ledger at')
  expect(existsSync(data)).toBe(false)
})
