import type { Role } from '@aquifer/core/access'
import type { AccountAnswer, AccountRequest } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { RequestFacts } from '../audit/index.js'

/** An account as registration needs it: of one FHIR resource, whose relationships give it what it reaches. */
export interface NewAccount {
  user: string
  display: string
  role: Role
  /** `Practitioner/…`, `RelatedPerson/…`, `Patient/…`; null: nobody whose resource is stored */
  actor: string | null
  /** null: the person gets a code by which he chooses it */
  password: string | null
}

/** Accounts as far as registration makes and ends them; identity keeps them. */
export interface People {
  /** Whether the name is free, or already that of this actor, or somebody else’s. */
  standing(user: string, actor: string | null): Promise<'free' | 'ours' | 'taken'>
  /**
   * Makes the account unless it is there. The one-time code for a password, where identity gives one; told again where the same
   * registration made the account and nobody used the code.
   */
  invite(account: NewAccount, registration: string): Promise<string | null>
  /** What speaks against a password that somebody chose. */
  judge(password: string, account: { user: string; display: string }): Refusal | null
  accountsOf(actor: string): Promise<string[]>
  /** Whether anything but relationships of its own holds the account open. */
  isHeldOtherwise(user: string): Promise<boolean>
  disable(user: string): Promise<void>
}

type OwnAccountRequest = AccountRequest & { password?: string | undefined }

/** The last step, after the registration is stored: done again it changes nothing. */
export async function withAccount(
  people: People,
  facts: RequestFacts,
  asked: OwnAccountRequest | undefined,
  whose: { actor: string | null; role: Role },
): Promise<AccountAnswer> {
  if (asked === undefined) return null
  const { user, display, password = null } = asked
  const code = await people.invite(
    { user, display, password, ...whose },
    `registration ${facts.role} ${facts.actor} ${facts.correlationId}`,
  )
  return { user, code }
}

/** Before anything is stored: a password that is refused leaves the code of an invitation as it was. */
export const passwordRefusal = (people: People, account: OwnAccountRequest | undefined): Refusal | null =>
  account?.password === undefined ? null : people.judge(account.password, account)

/** What of an account tells one request from another; a password is kept in no form. */
export function withoutPassword(account: OwnAccountRequest): Omit<OwnAccountRequest, 'password'> {
  const { password: _password, ...rest } = account
  return rest
}
