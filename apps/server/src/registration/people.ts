import type { Role } from '@aquifer/core/access'
import type { AccountAnswer, AccountRequest } from '@aquifer/core/contract'

/** An account as registration needs it: of one FHIR resource, whose relationships give it what it reaches. */
export interface NewAccount {
  user: string
  display: string
  role: Role
  /** `Practitioner/…`, `RelatedPerson/…`, `Patient/…` */
  actor: string
}

/** Accounts as far as registration makes and ends them; identity keeps them. */
export interface People {
  /** Whether the name is free, or already that of this actor, or somebody else’s. */
  standing(user: string, actor: string): Promise<'free' | 'ours' | 'taken'>
  /** Makes the account unless it is there. The one-time code for a password, where identity gives one. */
  invite(account: NewAccount): Promise<string | null>
  accountsOf(actor: string): Promise<string[]>
  /** Whether anything but relationships of its own holds the account open. */
  isHeldOtherwise(user: string): Promise<boolean>
  disable(user: string): Promise<void>
}

/** The last step, after the registration is stored: done again it changes nothing. */
export async function withAccount(
  people: People,
  asked: AccountRequest | undefined,
  whose: { actor: string; role: Role },
): Promise<AccountAnswer> {
  if (asked === undefined) return null
  const code = await people.invite({ user: asked.user, display: asked.display, ...whose })
  return { user: asked.user, code }
}
