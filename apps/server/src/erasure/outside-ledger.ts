import { appendFile, mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { canonicalJson } from '@aquifer/core/consent'
import type { Withdrawal } from '../repository/index.js'
import type { Signer } from '../storage/index.js'
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
