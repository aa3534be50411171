import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Repository } from '../repository/index.js'
import type { Clock } from '../storage/index.js'

export type CodePurpose = 'password' | 'first-administrator' | 'confirmation' | 'signing'
// Crockford's: no letters that look like digits.
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const groups = 6
const groupLength = 4

export interface MadeCode {
  code: string
  expiresAt: number
}
interface AskedCode {
  purpose: CodePurpose
  user: string | null
  by: string
  ttlMs: number
}
export interface CodeDesk {
  /** The only moment at which the code is readable. It voids an older one. */
  make(code: AskedCode): Promise<MadeCode>
  /** One that is made anew from the server's key to be told again, as long as nobody used it, to who asks under the same `by`. */
  makeRetold(code: AskedCode): Promise<MadeCode>
  /** null: there is none, or it was used, has run out, or was made void */
  tellAgain(code: Omit<AskedCode, 'ttlMs'>): Promise<string | null>
  use(code: string, purpose: CodePurpose, user: string | null): Promise<boolean>
  isOpen(code: string, purpose: CodePurpose, user: string | null): Promise<boolean>
}

// 120 random bits need no slow hash: there is nothing to guess from.
const hashOf = (code: string): Buffer =>
  createHash('sha256')
    .update(
      code
        .toUpperCase()
        .replaceAll(/[^0-9A-Z]/g, '')
        .replaceAll('O', '0')
        .replaceAll(/[IL]/g, '1'),
    )
    .digest()

function codeOf(bytes: Uint8Array): string {
  const text = [...bytes.subarray(0, groups * groupLength)].map((byte) => letters[byte % letters.length]).join('')
  return Array.from({ length: groups }, (_, at) => text.slice(at * groupLength, (at + 1) * groupLength)).join('-')
}

export function openCodeDesk({ repository, clock, key }: { repository: Repository; clock: Clock; key: Uint8Array }): CodeDesk {
  const { codes } = repository.identities
  async function put(code: string, { purpose, user, by, ttlMs }: AskedCode, at: number): Promise<MadeCode> {
    await codes.put({ hash: hashOf(code), purpose, user, madeBy: by, expiresAt: at + ttlMs }, at)
    return { code, expiresAt: at + ttlMs }
  }
  const retold = ({ purpose, user, by }: Omit<AskedCode, 'ttlMs'>, madeAt: number): string =>
    codeOf(
      createHmac('sha256', key)
        .update(JSON.stringify([purpose, user, by, madeAt]))
        .digest(),
    )
  return {
    make: (asked) => put(codeOf(randomBytes(groups * groupLength)), asked, clock.now()),
    async makeRetold(asked) {
      const at = clock.now()
      return put(retold(asked, at), asked, at)
    },
    async tellAgain({ purpose, user, by }) {
      const found = await codes.openOf({ purpose, user, madeBy: by }, clock.now())
      if (found === null) return null
      const code = retold({ purpose, user, by }, found.madeAt)
      return hashOf(code).equals(found.hash) ? code : null
    },
    use: (code, purpose, user) => codes.use({ hash: hashOf(code), purpose, user }, clock.now()),
    isOpen: (code, purpose, user) => codes.isOpen({ hash: hashOf(code), purpose, user }, clock.now()),
  }
}
