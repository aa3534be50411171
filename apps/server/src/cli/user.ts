import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { roles, type Role } from '@aquifer/core/access'
import type { AccessHolders, AccessReviewView, Invitation, Invitations, PersonList, PersonView } from '@aquifer/core/contract'
import { openClient, resultOf, type Call, type Client } from './client.js'
import { CommandFailed } from './failure.js'
import { tableText } from './rows.js'
import { readSecret } from './secret.js'

interface Common {
  url?: string
  json?: boolean
}
interface GrantFlags extends Common {
  role: Role
  study: string[]
  site: string[]
  patient?: string
  actor?: string
}

const need = { role: 'administrator' } as const
const at = (name: string, rest: string): string => `/identity/api/v1/users/${encodeURIComponent(name)}/${rest}`
const listed = (value: string, all: string[]): string[] => [...all, ...value.split(',').filter((part) => part !== '')]
const common = (command: Command): Command => command.option('--url <url>', 'address of the server').option('--json', 'the answer as JSON')
const withGrant = (command: Command): Command =>
  common(command)
    .addOption(new Option('--role <role>', 'what the person may do').choices(roles).makeOptionMandatory())
    .option('--study <id...>', 'studies it reaches; * for all', listed, [])
    .option('--site <id...>', 'sites it reaches (default: all of the studies)', listed, [])
    .option('--patient <id>', 'the person a patient is')
    .option('--actor <Type/id>', 'the FHIR resource the person is: Practitioner/…, RelatedPerson/…, Patient/… or Organization/…')

export function userCommand(): Command {
  return new Command('user')
    .description('people: who they are, what they may do, who sees what')
    .addCommand(addCommand())
    .addCommand(importCommand())
    .addCommand(listCommand())
    .addCommand(statusCommand('disable', 'disabled', 'end a person’s access at once'))
    .addCommand(statusCommand('enable', 'active', 'give a disabled person his access back'))
    .addCommand(grantCommand())
    .addCommand(resetCommand())
    .addCommand(sessionsCommand())
    .addCommand(passwordCommand())
    .addCommand(firstCommand())
    .addCommand(reviewCommand())
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the schema that the endpoint promises
async function told<T>(flags: Common, call: Omit<Call, 'need'>, words: (answer: T) => string): Promise<void> {
  const client = await openClient({ url: flags.url })
  const answer = await client.json<T>({ ...call, need })
  process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : words(answer))
}
const invitationLine = ({ user, code, expiresAt }: Invitation): string => `${user}  ${code}  until ${expiresAt}\n`
const personLine = (person: PersonView): string =>
  `${person.user}: ${person.role}, ${person.status}, studies ${person.studies.join(' ') || '-'}\n`

function addCommand(): Command {
  return withGrant(new Command('add'))
    .description('add a person; prints a one-time code with which he sets his own password')
    .argument('<name>', 'letters, digits and . _ @ + -')
    .option('--display <name>', 'what people call him')
    .option('--email <address>', 'joins him to the same address at an outside provider')
    .option('--subject <id>', 'his name at an outside provider')
    .action(async (name: string, flags: GrantFlags & { display?: string; email?: string; subject?: string }) => {
      const { display, email, subject } = flags
      const json = { name, ...grantOf(flags), display, email, subject }
      await told<Invitation>(flags, { method: 'POST', path: '/identity/api/v1/users', json }, invitationLine)
    })
}

const grantOf = ({ role, study, site, patient, actor }: GrantFlags) => ({
  role,
  studies: study,
  sites: site,
  patient: patient ?? null,
  ...(actor === undefined ? {} : { actor: actor === '' ? null : actor }),
})

function importCommand(): Command {
  return common(new Command('import'))
    .description('add a staff list, all or none: CSV with the columns name, display, email, role, studies, sites, patient, subject, actor')
    .argument('<file>')
    .action(async (file: string, flags: Common) => {
      const text = await readFile(file, 'utf8').catch(() => {
        throw new CommandFailed(`${file} cannot be read.`)
      })
      const client = await openClient({ url: flags.url })
      const { Readable } = await import('node:stream')
      const answer = await client.json<Invitations>({
        method: 'POST',
        path: '/identity/api/v1/users/import',
        headers: { 'content-type': 'text/csv' },
        body: Readable.from([Buffer.from(text)]),
        need,
      })
      process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : answer.invitations.map(invitationLine).join(''))
    })
}

function listCommand(): Command {
  return common(new Command('list'))
    .description('people, their roles and reach')
    .action(async (flags: Common) => {
      await told<PersonList>(flags, { path: '/identity/api/v1/users' }, ({ users }) =>
        tableText({
          columns: ['user', 'name', 'role', 'studies', 'sites', 'status', 'signed in'].map((name) => ({ name, type: 'VARCHAR' })),
          rows: users.map((user) => [
            user.user,
            user.name,
            user.role,
            user.studies.join(' '),
            user.sites.join(' '),
            user.hasPassword ? user.status : `${user.status}, no password`,
            user.signedInAt,
          ]),
        }),
      )
    })
}

function statusCommand(name: string, status: string, says: string): Command {
  return common(new Command(name))
    .description(says)
    .argument('<name>')
    .action((user: string, flags: Common) =>
      told<PersonView>(flags, { method: 'PUT', path: at(user, 'status'), json: { status } }, personLine),
    )
}

function grantCommand(): Command {
  return withGrant(new Command('grant'))
    .description('another role or reach instead of the present one; ends the person’s sessions')
    .argument('<name>')
    .action((user: string, flags: GrantFlags) =>
      told<PersonView>(flags, { method: 'PUT', path: at(user, 'grant'), json: grantOf(flags) }, personLine),
    )
}

function resetCommand(): Command {
  return common(new Command('reset'))
    .description('end a person’s password and sessions; prints a one-time code for a new one')
    .argument('<name>')
    .action((user: string, flags: Common) => told<Invitation>(flags, { method: 'POST', path: at(user, 'reset') }, invitationLine))
}

function sessionsCommand(): Command {
  return common(new Command('end-sessions'))
    .description('end a person’s sessions and tokens at once; the password stays')
    .argument('<name>')
    .action((user: string, flags: Common) => told<PersonView>(flags, { method: 'DELETE', path: at(user, 'sessions') }, personLine))
}

/** Open addresses: the code is the proof. */
async function exchange(client: Client, path: string, json: Record<string, unknown>): Promise<void> {
  resultOf<null>(await client.open({ method: 'POST', path, json }))
}

function passwordCommand(): Command {
  return new Command('set-password')
    .description('exchange a one-time code for a password, read from stdin')
    .argument('<name>')
    .requiredOption('--code <code>', 'as an administrator gave it')
    .option('--url <url>', 'address of the server')
    .action(async (user: string, flags: Common & { code: string }) => {
      const password = await readSecret('New password')
      await exchange(await openClient({ url: flags.url }), '/identity/api/v1/codes', { user, code: flags.code, password })
      process.stdout.write(`${user} has a new password\n`)
    })
}

function firstCommand(): Command {
  return new Command('first-administrator')
    .description('on a server without people: the first administrator, by the code of its first start; the password is read from stdin')
    .argument('<name>')
    .requiredOption('--code <code>', 'printed at the first start, and in keys/first-administrator.code')
    .option('--display <name>', 'what people call him')
    .option('--url <url>', 'address of the server')
    .action(async (name: string, { code, display, url }: Common & { code: string; display?: string }) => {
      const password = await readSecret('Password')
      const client = await openClient({ url })
      await exchange(client, '/identity/api/v1/first-administrator', {
        code,
        name,
        password,
        ...(display === undefined ? {} : { display }),
      })
      process.stdout.write(`${name} is the first administrator\n`)
    })
}

function reviewCommand(): Command {
  return common(new Command('review'))
    .description('who can see a study or a site today; --open begins a recertification of them')
    .option('--study <id>', 'the study (default: all)')
    .option('--site <id>', 'a site of the study')
    .option('--open', 'begin a recertification')
    .action(async (flags: Common & { study?: string; site?: string; open?: boolean }) => {
      const { study, site } = flags
      if (flags.open === true) {
        const json = { ...(study === undefined ? {} : { study }), ...(site === undefined ? {} : { site }) }
        await told<AccessReviewView>(
          flags,
          { method: 'POST', path: '/identity/api/v1/access-reviews', json },
          (review) => `review ${review.id}: ${review.open} to decide until ${review.dueAt}\n`,
        )
        return
      }
      await told<AccessHolders>(flags, { path: '/identity/api/v1/access-review', query: { study, site } }, ({ holders }) =>
        tableText({
          columns: ['who', 'name', 'role', 'sites', 'sees', 'signed in'].map((name) => ({ name, type: 'VARCHAR' })),
          rows: holders.map((holder) => [
            holder.holder,
            holder.name,
            holder.role,
            holder.sites.join(' ') || 'all',
            holder.identified ? 'identified data' : 'nobody’s clinical record',
            holder.signedInAt,
          ]),
        }),
      )
    })
}
