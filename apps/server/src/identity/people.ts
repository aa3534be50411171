import type { Grant, Role } from '@aquifer/core/access'
import type { Invitation, NewPerson, PersonGrant, PersonView, StaffCheck } from '@aquifer/core/contract'
import { draftsOf, passwordFaults, withinReach, type LineFault, type PersonDraft } from '@aquifer/core/identity'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { NewUserRow, Repository, User, UserChange } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import type { CodeDesk } from './codes.js'
import { hashPassword } from './passwords.js'
import type { SessionDesk } from './sessions.js'
import type { PasswordGate } from './sign-in.js'
import { cellsOf, placeFaults, readStaffList } from './staff-list.js'
import { handedOn, placesNamed, placesReached, type GrantFor, type UserCache } from './users.js'

const invitationMs = 7 * 86_400_000
const resetMs = 86_400_000

export interface PeopleParts {
  repository: Repository
  clock: Clock
  grantFor: GrantFor
  users: UserCache
  sessions: SessionDesk
  gate: PasswordGate
  codes: CodeDesk
}

interface RegisteredAccount {
  name: string
  display: string
  role: Role
  /** null: nobody whose resource is stored */
  actor: string | null
  password: string | null
}

/** Who gives: an administrator, by his grant. */
export interface PeopleDesk {
  list(): Promise<PersonView[]>
  add(by: Grant, person: NewPerson): Promise<Invitation | Refusal>
  /** All of a staff list or none of it; every wrong line is named. */
  importCsv(by: Grant, text: string): Promise<Invitation[] | Refusal>
  /** What importing the list would do, line by line. */
  checkCsv(by: Grant, text: string): Promise<StaffCheck | Refusal>
  setStatus(by: Grant, name: string, status: 'active' | 'disabled'): Promise<PersonView | Refusal>
  setGrant(by: Grant, name: string, grant: PersonGrant): Promise<PersonView | Refusal>
  reset(by: Grant, name: string): Promise<Invitation | Refusal>
  endSessions(by: Grant, name: string): Promise<PersonView | Refusal>
  exchange(code: { user: string; code: string; password: string }): Promise<null | Refusal>
  changePassword(user: string, change: { current: string; next: string }): Promise<null | Refusal>
  /**
   * An account of somebody who was registered, and reaches by his relationships alone; the code by which he chooses his password, null
   * where he has chosen one. `by`: the registration, to which alone the code is told again.
   */
  register(account: RegisteredAccount, by: string): Promise<string | null>
  /** The code of a registration's account once more, while nobody used it. */
  codeAgain(name: string, by: string): Promise<string | null>
  /** What speaks against a password of somebody. */
  judgePassword(password: string, person: { name: string; display: string }): Refusal | null
  /** Ends the account of somebody who was removed, with its sessions. */
  close(name: string): Promise<void>
  addFirst(request: { code: string; name: string; display?: string | undefined; password: string }): Promise<null | Refusal>
}

const unknownPerson = () => refuse('unknown', { detail: 'There is no such person.' })
const wrongCode = () => refuse('sign-in-failed', { detail: 'The code is wrong, used or too old.' })

export function openPeopleDesk(parts: PeopleParts): PeopleDesk {
  const { repository, codes } = parts
  const addAll = (by: Grant, rows: Rows) => addDrafts(parts, by, rows)
  return {
    async list() {
      const open = await parts.sessions.openByUser()
      return (await repository.users.list()).map((user) => viewOf(user, parts.clock.now(), open.get(user.name) ?? 0))
    },
    async add(by, person) {
      const made = await addAll(by, [{ line: 1, cells: cellsOf(person) }])
      return isRefusal(made) ? made : (made[0] ?? unknownPerson())
    },
    async importCsv(by, text) {
      const rows = readStaffList(text)
      return isRefusal(rows) ? rows : addAll(by, rows)
    },
    async checkCsv(by, text) {
      const rows = readStaffList(text)
      return isRefusal(rows) ? rows : checked(parts, by, rows)
    },
    async setStatus(by, name, status) {
      const found = await within(parts, by, name)
      if (isRefusal(found)) return found
      return change(parts, { name, why: 'disabled', change: { status } })
    },
    async setGrant(by, name, grant) {
      const found = await within(parts, by, name)
      if (isRefusal(found)) return found
      const drafts = draftsOf([
        { line: 1, cells: cellsOf({ ...grant, name, actor: grant.actor === undefined ? found.actor : grant.actor }) },
      ])
      const faults = 'what' in (drafts[0] ?? {}) ? (drafts as { what: string }[]) : await placeFaults(repository, drafts as PersonDraft[])
      if (faults.length > 0) return refuse('invalid', { detail: faults.map(({ what }) => what).join('; ') })
      const [draft] = drafts as PersonDraft[]
      if (draft === undefined) return unknownPerson()
      const { role, studies, sites, patient, actor = null } = rowOf(draft)
      const given = { role, studies, sites, patient, actor }
      if (await isBeyond(parts, by, { ...found, ...given }))
        return refuse('not-permitted', { detail: 'You cannot give more than you have.' })
      return change(parts, { name, why: 'another-grant', change: given })
    },
    async reset(by, name) {
      const found = await within(parts, by, name)
      if (isRefusal(found)) return found
      await change(parts, { name, why: 'reset', change: { password: null } })
      return toInvitation(name, await codes.make({ purpose: 'password', user: name, by: by.user, ttlMs: resetMs }))
    },
    async endSessions(by, name) {
      const found = await within(parts, by, name)
      return isRefusal(found) ? found : change(parts, { name, why: 'ended', change: {} })
    },
    async exchange({ user: name, code, password }) {
      const user = await repository.users.byName(name)
      // What is wrong with a password is told to the holder of his own code only: else it would tell who is here, and his words.
      if (user === null || user.status !== 'active' || !(await codes.isOpen(code, 'password', name))) return wrongCode()
      const refusal = judge(password, [user.name, user.display, user.email ?? ''])
      if (refusal !== null) return refusal
      return (await codes.use(code, 'password', name)) ? setPassword(parts, name, password) : wrongCode()
    },
    async changePassword(name, { current, next }) {
      const user = await parts.gate.pass(name, current)
      if (isRefusal(user)) return user
      return judge(next, [user.name, user.display, user.email ?? '']) ?? setPassword(parts, name, next)
    },
    register: (account, by) => register(parts, account, by),
    codeAgain: (name, by) => codes.tellAgain({ purpose: 'password', user: name, by }),
    judgePassword: (password, { name, display }) => judge(password, [name, display]),
    async close(name) {
      await change(parts, { name, why: 'disabled', change: { status: 'disabled' } })
    },
    addFirst: (request) => addFirst(parts, request),
  }
}

/** A person that an administrator may act on: one whose reach lies within his own, and not himself. */
async function within({ repository, grantFor }: PeopleParts, by: Grant, name: string): Promise<User | Refusal> {
  const user = await repository.users.byName(name)
  if (user === null || !withinReach(handedOn(by), placesNamed(user))) return unknownPerson()
  const grant = await grantFor(user)
  if (grant !== null && !withinReach(handedOn(by), placesReached(grant))) return unknownPerson()
  return name === by.user ? refuse('not-permitted', { detail: 'Another administrator has to change this of yours.' }) : user
}

/** Whether somebody would reach more than the giver: by what is written down, or by relationships that wait for his name. */
async function isBeyond({ grantFor }: PeopleParts, by: Grant, person: NewUserRow): Promise<boolean> {
  const giver = handedOn(by)
  if (giver.studies === 'all' && giver.sites.length === 0) return false
  // Without a study named, one's own account holds in every study in which one is or will be.
  const isSomebody = person.patient !== null || person.actor?.startsWith('Patient/') === true
  const everywhere = isSomebody && person.studies.length === 0
  if (everywhere || !withinReach(giver, placesNamed(person))) return true
  const grant = await grantFor({ ...nobodyYet, ...person })
  return grant !== null && !withinReach(giver, placesReached(grant))
}
const nobodyYet = { email: null, subject: null, tokensFrom: 0, lockedUntil: 0, signedInAt: null, createdAt: 0, updatedAt: 0 }

/** Whatever changes a person's standing ends his sessions and tokens in the same breath. */
async function change(
  parts: PeopleParts,
  what: { name: string; why: string; change: Omit<UserChange, 'tokensFrom'> },
): Promise<PersonView | Refusal> {
  const { repository, clock, users, sessions } = parts
  const changed = await repository.users.changeUnlessLast(what.name, 'administrator', { ...what.change, tokensFrom: clock.now() })
  if (changed === 'last') return refuse('business-rule', { detail: 'This is the last active administrator.' })
  if (changed === null) return unknownPerson()
  users.forget(what.name)
  await sessions.endAllOf(what.name, what.why)
  return viewOf(changed, clock.now(), 0)
}

type Rows = Parameters<typeof draftsOf>[0]
const isFault = (each: PersonDraft | LineFault): each is LineFault => 'what' in each
const isDraft = (each: PersonDraft | LineFault): each is PersonDraft => !isFault(each)

/** Those of a list that can be read, and all that is wrong with the others; a line is told once. */
async function judged(parts: PeopleParts, by: Grant, rows: Rows): Promise<{ people: PersonDraft[]; lines: number[]; faults: LineFault[] }> {
  const faults: LineFault[] = (draftsOf(rows) as (PersonDraft | LineFault)[]).filter(isFault)
  const wrong = new Set(faults.map(({ line }) => line))
  const readable = rows.filter(({ line }) => !wrong.has(line))
  const lines = readable.map(({ line }) => line)
  const people = (draftsOf(readable) as (PersonDraft | LineFault)[]).filter(isDraft)
  faults.push(...(await placeFaults(parts.repository, people, lines)))
  const misplaced = new Set(faults.map(({ line }) => line))
  for (const [at, draft] of people.entries()) {
    const line = lines[at] ?? 1
    if (!misplaced.has(line) && (await isBeyond(parts, by, rowOf(draft)))) faults.push({ line, what: 'reaches beyond your own grant' })
  }
  return { people, lines, faults: faults.toSorted((one, other) => one.line - other.line) }
}

async function checked(parts: PeopleParts, by: Grant, rows: Rows): Promise<StaffCheck> {
  const { people, lines, faults } = await judged(parts, by, rows)
  const users = await parts.repository.users.list()
  const words = new Set(users.flatMap(({ name, email, subject }) => [name, email ?? '', subject ?? '']).map((word) => word.toLowerCase()))
  const told = [...faults, ...doubles(people, lines, words)]
  return {
    lines: rows.map(({ line, cells }) => {
      const cell = (name: string): string => cells[name] ?? ''
      const what = told.filter((fault) => fault.line === line).map((fault) => fault.what)
      const shown = { name: cell('name'), display: cell('display'), role: cell('role'), studies: cell('studies'), sites: cell('sites') }
      return { line, ...shown, faults: what }
    }),
  }
}

/** Whose name, address or outside name somebody else has. */
function doubles(people: readonly PersonDraft[], lines: readonly number[], taken: ReadonlySet<string>): LineFault[] {
  const has = (word: string | null): boolean => word !== null && taken.has(word.toLowerCase())
  return people.flatMap((draft, at) =>
    has(draft.name) || has(draft.email) || has(draft.subject) ? [{ line: lines[at] ?? 1, what: 'is here already' }] : [],
  )
}

async function addDrafts(parts: PeopleParts, by: Grant, rows: Rows): Promise<Invitation[] | Refusal> {
  const { repository, codes } = parts
  const { people, lines, faults } = await judged(parts, by, rows)
  if (faults.length > 0) return wrongLines(faults)
  const { taken } = await repository.users.add(people.map(rowOf))
  if (taken.length > 0) {
    if (people.length === 1) return refuse('already-exists', { detail: 'Such a person is here already.' })
    return wrongLines(doubles(people, lines, new Set(taken.map((word) => word.toLowerCase()))))
  }
  const made: Invitation[] = []
  for (const { name } of people) {
    parts.users.forget(name)
    made.push(toInvitation(name, await codes.make({ purpose: 'password', user: name, by: by.user, ttlMs: invitationMs })))
  }
  return made
}

const wrongLines = (faults: readonly { line: number; what: string }[]): Refusal =>
  refuse('invalid', {
    detail: faults.map(({ line, what }) => `line ${line}: ${what}`).join('; '),
    issues: faults.map(({ line, what }) => ({ severity: 'error', path: `line ${line}`, code: 'invalid', message: what })),
  })

const rowOf = (draft: PersonDraft): NewUserRow => ({
  name: draft.name,
  display: draft.display,
  role: draft.role,
  password: null,
  status: 'active',
  studies: draft.studies === 'all' ? ['*'] : [...draft.studies],
  sites: [...draft.sites],
  patient: draft.patient,
  email: draft.email,
  subject: draft.subject,
  actor: draft.actor,
  settings: {},
})

function judge(password: string, own: readonly string[]): Refusal | null {
  const faults = passwordFaults(password, own)
  return faults.length === 0 ? null : refuse('invalid', { detail: faults.join(' ') })
}

async function setPassword(parts: PeopleParts, name: string, password: string): Promise<null | Refusal> {
  const { repository, clock, users, sessions } = parts
  await repository.users.change(name, { password: await hashPassword(password), tokensFrom: clock.now() })
  users.forget(name)
  await sessions.endAllOf(name, 'another-password')
  return null
}

async function register({ repository, users, codes }: PeopleParts, account: RegisteredAccount, by: string): Promise<string | null> {
  const { name, password } = account
  const hash = password === null ? null : await hashPassword(password)
  const place = { studies: [], sites: [], patient: null, settings: {} }
  // Somebody else may have taken the name since it was asked for: his account stays as it is.
  const { taken } = await repository.users.add([{ ...account, password: hash, status: 'active', ...place }])
  users.forget(name)
  if (password !== null) return null
  if (taken.length > 0) return codes.tellAgain({ purpose: 'password', user: name, by })
  return (await codes.makeRetold({ purpose: 'password', user: name, by, ttlMs: invitationMs })).code
}

async function addFirst(parts: PeopleParts, request: Parameters<PeopleDesk['addFirst']>[0]): Promise<null | Refusal> {
  const { repository, codes, users } = parts
  const display = request.display ?? request.name
  const refusal = judge(request.password, [request.name, display])
  if (refusal !== null) return refusal
  if ((await repository.users.any()) || !(await codes.use(request.code, 'first-administrator', null))) return wrongCode()
  const row = { name: request.name, display, role: 'administrator', status: 'active', studies: ['*'], sites: [], patient: null } as const
  const password = await hashPassword(request.password)
  const added = await repository.users.addFirst({ ...row, studies: [...row.studies], sites: [], password, settings: {} })
  users.forget(request.name)
  return added ? null : wrongCode()
}

const toInvitation = (user: string, made: { code: string; expiresAt: number }): Invitation => ({
  user,
  code: made.code,
  expiresAt: new Date(made.expiresAt).toISOString(),
})

const viewOf = (user: User, now: number, sessions: number): PersonView => ({
  user: user.name,
  name: user.display,
  email: user.email,
  role: user.role,
  studies: user.studies,
  sites: user.sites,
  patient: user.patient,
  actor: user.actor ?? null,
  status: user.status,
  hasPassword: user.password !== null,
  lockedUntil: user.lockedUntil > now ? new Date(user.lockedUntil).toISOString() : null,
  sessions,
  signedInAt: user.signedInAt === null ? null : new Date(user.signedInAt).toISOString(),
})
