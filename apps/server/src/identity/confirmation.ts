import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ConfirmationCode, ConfirmationStart, ConfirmationTicket } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Clock } from '../storage/index.js'
import type { CodeDesk } from './codes.js'
import type { Caller } from './identity.js'
import type { OutsideIssuer } from './outside.js'
import type { PasswordGate } from './sign-in.js'

// A person types a password, and perhaps finds his telephone.
const startedMs = 600_000
const ticketMs = 120_000
// Clocks of two organisations; a sign-in of before this long counts as none.
const skewMs = 15_000

/** What a signer shows: his password, or where an outside provider has it, a ticket of one confirmation there. */
export interface SigningProof {
  password?: string | undefined
  ticket?: string | undefined
}
export interface Confirmations {
  begin(caller: Caller): Promise<ConfirmationStart | Refusal>
  finish(caller: Caller, code: ConfirmationCode): Promise<ConfirmationTicket | Refusal>
  /** Whether this is still the person whose account it is. Passwords are counted and locked as at a sign-in; a ticket holds once. */
  confirm(user: string, proof: SigningProof): Promise<true | Refusal>
}

const failed = () => refuse('sign-in-failed', { detail: 'The provider did not confirm that you signed in just now. Begin again.' })

export function openConfirmations(parts: {
  clock: Clock
  codes: CodeDesk
  gate: PasswordGate
  outside: OutsideIssuer | null
  /** for what a nonce says of its beginning: who holds it could say otherwise */
  key: Buffer
}): Confirmations {
  const { clock, codes, gate, outside, key } = parts
  const inWord = (at: number): string => new Date(at).toISOString()
  return {
    async begin({ grant, external }) {
      if (outside === null) return refuse('not-supported', { detail: 'People sign with their password here.' })
      if (external === null)
        return refuse('not-permitted', { detail: 'A signature is a person’s: a service account has nothing to confirm.' })
      const way = await outside.way()
      if (way === null) return refuse('not-ready', { detail: 'The provider cannot be reached.', retryAfterS: 10 })
      const { code, expiresAt } = await codes.make({ purpose: 'confirmation', user: grant.user, by: grant.user, ttlMs: startedMs })
      const { authorizationEndpoint, clientId, scope } = way
      return { authorizationEndpoint, clientId, scope, nonce: nonceOf(key, { begun: clock.now(), code }), expiresAt: inWord(expiresAt) }
    },
    async finish({ grant, external }, { nonce, ...code }) {
      const start = readNonce(key, nonce)
      // The nonce goes first: a second try with it is none, whatever the provider says.
      if (outside === null || start === null || !(await codes.use(start.code, 'confirmation', grant.user))) return failed()
      const told = await outside.authentication(code, nonce)
      if (told === null || told.subject !== external) return failed()
      if (told.at < start.begun - skewMs || told.at > clock.now() + skewMs) return failed()
      const ticket = await codes.make({ purpose: 'signing', user: grant.user, by: grant.user, ttlMs: ticketMs })
      return { ticket: ticket.code, expiresAt: inWord(ticket.expiresAt) }
    },
    async confirm(user, { password, ticket }) {
      if (outside === null) {
        if (password === undefined) return refuse('not-supported', { detail: 'People sign with their password here.' })
        const passed = await gate.pass(user, password)
        return isRefusal(passed) ? passed : true
      }
      if (ticket !== undefined && (await codes.use(ticket, 'signing', user))) return true
      return refuse('sign-in-failed', {
        detail: `Confirm at ${outside.issuer} who you are, and sign with the ticket of that: it holds once, for two minutes.`,
      })
    },
  }
}

interface Start {
  begun: number
  code: string
}
const macOf = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function nonceOf(key: Buffer, { begun, code }: Start): string {
  const text = `${begun}.${code}`
  return `${text}.${macOf(key, text).toString('base64url')}`
}

function readNonce(key: Buffer, nonce: string): Start | null {
  const [begun = '', code = '', mac = ''] = nonce.split('.')
  const [given, made] = [Buffer.from(mac, 'base64url'), macOf(key, `${begun}.${code}`)]
  return given.length === made.length && timingSafeEqual(given, made) ? { begun: Number(begun), code } : null
}
