import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { writeAtomically, type Clock } from '../storage/index.js'
import type { Repository } from '../repository/index.js'
import type { CodeDesk } from './codes.js'

const fileName = 'first-administrator.code'
const ttlMs = 7 * 86_400_000

export interface FirstStart {
  /** Where the code lies; `code` only at the start that made it. */
  file: string
  code: string | null
}

/** On a server without people: the code by which the first administrator comes in. There is no password that a server is born with. */
export async function firstStart(parts: {
  repository: Repository
  codes: CodeDesk
  keysDir: string
  clock: Clock
}): Promise<FirstStart | null> {
  const file = path.join(parts.keysDir, fileName)
  if (await parts.repository.users.any()) {
    await rm(file, { force: true })
    return null
  }
  const known = await readFile(file, 'utf8').catch(() => null)
  if (known !== null && (await parts.codes.isOpen(known.trim(), 'first-administrator', null))) return { file, code: null }
  const { code } = await parts.codes.make({ purpose: 'first-administrator', user: null, by: 'first start', ttlMs })
  await writeAtomically(file, `${code}\n`, { mode: 0o600 })
  return { file, code }
}
