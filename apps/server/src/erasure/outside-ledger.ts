import { appendFile, mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { canonicalJson } from '@aquifer/core/consent'
import type { Withdrawal } from '../repository/index.js'
import { writeAtomically, type Signer, type Verifier } from '../storage/index.js'
import type { Study } from '../study/index.js'

/**
 * Every withdrawal once more outside the database, so that one which an older copy of the database does not know is done again before
 * that copy serves anybody. A person is in it by the keyed mark of his id: whoever holds the ledger's key finds him among those of the copy.
 */
export interface OutsideLedger {
  note(study: Study, withdrawal: Withdrawal): Promise<void>
}

export function openOutsideLedger(file: string, signer: Signer): OutsideLedger {
  return {
    async note(study, { id, sid, act, origin, at, mac }) {
      const entry = { id, study: study.id, sid, act, origin, at: new Date(at).toISOString(), person: mac.toString('hex') }
      const known = await readFile(file, 'utf8').catch(() => '')
      if (known.includes(`"id":"${id}"`)) return
      const signature = Buffer.from(signer.sign(Buffer.from(canonicalJson(entry)))).toString('base64')
      // A line that a kill cut short must not swallow the next one.
      const begin = known === '' || known.endsWith('\n') ? '' : '\n'
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
      await appendFile(file, `${begin}${JSON.stringify({ ...entry, signature })}\n`, { mode: 0o600 })
      const handle = await open(file, 'r+')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
  }
}

/** One withdrawal as the ledger tells it; `person` is the keyed mark of his id, in hexadecimal. */
export interface LedgerEntry {
  id: string
  study: string
  sid: number
  act: string
  origin: string
  at: string
  person: string
}

/** The entries that this server signed, oldest first; anything else in the file counts for nothing. */
export async function readLedger(file: string, verifier: Verifier): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
    const read = parsed(line)
    if (read === null) continue
    const { signature, ...entry } = read
    if (verifier.verify(Buffer.from(canonicalJson(entry)), Buffer.from(signature, 'base64'))) entries.push(entry)
  }
  return entries
}

function parsed(line: string): (LedgerEntry & { signature: string }) | null {
  try {
    const read = JSON.parse(line) as LedgerEntry & { signature?: unknown }
    return typeof read.signature === 'string' ? { ...read, signature: read.signature } : null
  } catch {
    return null
  }
}

/** Adds the lines of another copy that this one does not have. */
export async function mergeLedgers(file: string, other: string): Promise<void> {
  const known = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const more = (await readFile(other, 'utf8')).split('\n').filter((line) => line !== '' && !known.includes(line))
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeAtomically(file, [...known, ...more].map((line) => `${line}\n`).join(''), { mode: 0o600 })
}
