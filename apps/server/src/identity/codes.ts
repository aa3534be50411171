import { createHash, randomBytes } from 'node:crypto'
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
export interface CodeDesk {
  /** The only moment at which the code is readable. It voids an older one. */
  make(code: { purpose: CodePurpose; user: string | null; by: string; ttlMs: number }): Promise<MadeCode>
  use(code: string, purpose: CodePurpose, user: string | null): Promise<boolean>
  isOpen(code: string, purpose: CodePurpose): Promise<boolean>
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

function newCode(): string {
  const text = [...randomBytes(groups * groupLength)].map((byte) => letters[byte % letters.length]).join('')
  return Array.from({ length: groups }, (_, at) => text.slice(at * groupLength, (at + 1) * groupLength)).join('-')
}

export function openCodeDesk({ repository, clock }: { repository: Repository; clock: Clock }): CodeDesk {
  const { codes } = repository.identities
  return {
    async make({ purpose, user, by, ttlMs }) {
      const code = newCode()
      const at = clock.now()
      await codes.put({ hash: hashOf(code), purpose, user, madeBy: by, expiresAt: at + ttlMs }, at)
      return { code, expiresAt: at + ttlMs }
    },
    use: (code, purpose, user) => codes.use({ hash: hashOf(code), purpose, user }, clock.now()),
    isOpen: (code, purpose) => codes.isOpen(hashOf(code), purpose, clock.now()),
  }
}
