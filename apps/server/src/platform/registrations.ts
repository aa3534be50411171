import { readFileSync } from 'node:fs'
import type { Access } from '../access/index.js'
import type { Config } from '../config/index.js'
import type { WithdrawalDesk } from '../erasure/index.js'
import type { FhirSystems } from '../fhir/index.js'
import type { Identity } from '../identity/index.js'
import type { JobDesk, JobRun, Jobs } from '../jobs/index.js'
import type { Repository } from '../repository/index.js'
import {
  deliverInvitations,
  openGuesses,
  openInvitationDesk,
  openMail,
  openRegistration,
  openWebhook,
  type Carrier,
  type InvitationDesk,
  type People,
  type RegistrationDesk,
} from '../registration/index.js'
import { CannotStart, Sleeper } from '../storage/index.js'

/** Accounts of registered people, as identity keeps them. */
export function accountsOf(repository: Repository, identity: Identity): People {
  const { users } = repository
  return {
    async standing(user, actor) {
      const found = await users.byName(user)
      return found === null ? 'free' : actor !== null && found.actor === actor && found.status === 'active' ? 'ours' : 'taken'
    },
    async invite({ user, display, role, actor, password }, registration) {
      // What is there stays as it is: a registration sent again gives nobody a new way in, only the same one while nobody took it.
      if ((await users.byName(user)) !== null) return identity.people.codeAgain(user, registration)
      return identity.people.register({ name: user, display, role, actor, password }, registration)
    },
    judge: (password, { user, display }) => identity.people.judgePassword(password, { name: user, display }),
    accountsOf: async (actor) =>
      (await users.list()).filter((user) => user.actor === actor && user.status === 'active').map(({ name }) => name),
    async isHeldOtherwise(user) {
      const found = await users.byName(user)
      return found !== null && (found.studies.length > 0 || found.patient !== null)
    },
    async disable(user) {
      const found = await users.byName(user)
      if (found?.status === 'active') await identity.people.close(user)
    },
  }
}

/** The ways that are set up; none: invitations go by hand. */
export function openCarriers(config: Config, now: () => number): Carrier[] {
  const carriers: Carrier[] = []
  if (config.webhook !== null) {
    const { url, secretFile } = config.webhook
    carriers.push(openWebhook({ url, secret: readSecret(secretFile), now }))
  }
  // Last: a mail is not sent again because another way failed.
  if (config.smtp !== null) carriers.push(openMail(config.smtp))
  return carriers
}

function readSecret(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length >= 16) return secret
  } catch {
    throw new CannotStart('AQUIFER_WEBHOOK_SECRET_FILE cannot be read.')
  }
  throw new CannotStart('AQUIFER_WEBHOOK_SECRET_FILE has to hold at least 16 characters.')
}

export const codeKeyOf = (identity: Identity): Buffer => identity.keyFor('codes of invitations')

/** A code stands behind the hash of an address: it is sent to no server and written into no log. */
export const linkTo = (base: () => string) => (code: string) => `${base()}/#/invitation/${code}`

export interface DeliveryParts {
  repository: Repository
  carriers: readonly Carrier[]
  key: Uint8Array
  linkOf(code: string): string
  now: () => number
}
const sliceMs = 1_000

/** The job that delivers; it notices within a second that it is to stop. */
export function deliveryRun(parts: DeliveryParts): JobRun {
  return async (job) => {
    const sleeper = new Sleeper()
    const rest = (ms: number): Promise<void> => sleeper.pause(Math.min(ms, sliceMs))
    return { result: await deliverInvitations({ ...parts, rest }, job) }
  }
}

type Queue = (job: Parameters<Jobs['queue']>[0]) => Promise<unknown>

/** How what is due is sent, for who makes it due; null: by hand only. */
const sending = (delivers: boolean, queue: Queue) =>
  delivers ? async (actor: string, sid: number) => void (await queue({ kind: 'invitation-delivery', sid, actor, request: {} })) : null

/** The same for what the clock makes due. */
export function reminding(delivers: boolean, queue: Queue): ((sid: number) => Promise<void>) | null {
  const send = sending(delivers, queue)
  return send === null ? null : (sid) => send('clock', sid)
}

export function openRegistrations(parts: {
  fhir: FhirSystems
  access: Access
  withdrawals: WithdrawalDesk
  identity: Identity
  jobs: JobDesk
  key: Uint8Array
  delivers: boolean
  linkOf(code: string): string
}): { registration: RegistrationDesk; invitations: InvitationDesk } {
  const { fhir, access, withdrawals, identity, jobs, key, linkOf } = parts
  const people = accountsOf(fhir.repository, identity)
  const queue = sending(parts.delivers, jobs.queue)
  const delivery = queue === null ? null : { queue }
  const common = { fhir, access, withdrawals, people, key, guesses: openGuesses(fhir.now) }
  return { registration: openRegistration(common), invitations: openInvitationDesk({ ...common, delivery, linkOf }) }
}
