import { Readable } from 'node:stream'
import { Command, Option } from 'commander'
import type { InvitationList, InvitationView, RevealedInvitation, RosterPreview } from '@aquifer/core/contract'
import { invitationFilters, invitationKinds, rosterColumns } from '@aquifer/core/registration'
import { inputOf, openClient, type Call, type Need } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  state?: string
  kind?: string
  patient?: string
  subject?: string
  site?: string
  email?: string
  language?: string
  days?: string
  basis?: string
  finding?: string
  check?: boolean
  url?: string
  json?: boolean
}

const base = (study: string): string => `/registration/api/v1/studies/${encodeURIComponent(study)}/invitations`
const manager = (study: string): Need => ({ role: 'study-manager', studies: [study] })
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const ofStudy = (name: string, says: string): Command =>
  new Command(name)
    .description(says)
    .requiredOption('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')

export function invitationCommand(): Command {
  const command = new Command('invitation').description('invitations to take part: who was invited, and how far each came')
  for (const child of [listCommand(), sendCommand(), sendListCommand(), remindCommand(), revokeCommand()]) command.addCommand(child)
  return command
}

function listCommand(): Command {
  return ofStudy('list', 'invitations of a study, newest first')
    .addOption(new Option('--state <state>', 'only those who stand there').choices(invitationFilters))
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const all: InvitationView[] = []
      for (let after: string | undefined; ;) {
        const query = { limit: '500', order: 'newest', state: flags.state, after }
        const page = await client.json<InvitationList>({ path: base(flags.study), query, need: manager(flags.study) })
        all.push(...page.invitations)
        if (page.next === null) break
        after = page.next
      }
      print(flags.json === true ? JSON.stringify(all) : tableOf(all))
    })
}

const tableOf = (all: readonly InvitationView[]): string =>
  tableText({
    columns: ['invitation', 'kind', 'subject', 'site', 'state', 'letter', 'reminders', 'runs out'].map((name) => ({
      name,
      type: 'VARCHAR',
    })),
    rows: all.map(({ id, kind, subject, site, state, delivery, reminders, expiresAt }) => [
      id,
      kind,
      subject,
      site,
      state,
      delivery,
      reminders,
      expiresAt.slice(0, 10),
    ]),
  }).trimEnd()

function sendCommand(): Command {
  return ofStudy('send', 'invite one person; prints the link where it goes by hand')
    .addOption(new Option('--kind <kind>', 'who is invited (default patient)').choices(invitationKinds))
    .option('--subject <number>', 'whose guardian, third party or care manager is meant, such as HARBOR-00012')
    .option('--patient <id>', 'or the id of the Patient')
    .option('--site <site>', 'the site, where the study has several')
    .option('--email <address>', 'where the letter goes, if a way of delivery is set up')
    .option('--language <tag>', 'of the letter and the page, such as en or de-CH (default en)')
    .option('--days <n>', 'until it runs out, 1 to 180 (default 30)')
    .addOption(new Option('--basis <basis>', 'of a guardian (default minority)').choices(['minority', 'non-competence']))
    .option('--finding <text>', 'where a finding of non-competence is recorded')
    .action(async (flags: Flags) => {
      const { study, url, json, days, ...said } = flags
      const number = days === undefined ? undefined : daysIn(days)
      const call = { method: 'POST' as const, path: base(study), json: { ...said, ...(number === undefined ? {} : { days: number }) } }
      const client = await openClient({ url })
      show([await client.json<RevealedInvitation>({ ...call, need: manager(study) })], json, 'one')
    })
}

function daysIn(text: string): number {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (days >= 1 && days <= 180) return days
  throw new WrongUsage('--days is a whole number from 1 to 180.')
}

function sendListCommand(): Command {
  return ofStudy(
    'send-list',
    `invite everybody on a list, or nobody while a line is wrong: CSV with the columns ${rosterColumns.join(', ')}`,
  )
    .argument('<file>', 'the list; - for stdin')
    .option('--check', 'only say what is wrong in it, line by line')
    .action(async (file: string, flags: Flags) => {
      const { study, json } = flags
      const text: Buffer[] = []
      for await (const chunk of inputOf(file)) text.push(chunk)
      const client = await openClient({ url: flags.url })
      const sent = (rest: string): Call => ({
        method: 'POST',
        path: `${base(study)}/csv${rest}`,
        headers: { 'content-type': 'text/csv' },
        body: Readable.from(text),
        need: manager(study),
      })
      const preview = await client.json<RosterPreview>(sent('/preview'))
      const wrong = preview.lines.filter(({ faults }) => faults.length > 0)
      if (flags.check === true && json === true) print(JSON.stringify(preview))
      else for (const { line, faults } of wrong) process.stderr.write(`line ${line}: ${faults.join('; ')}\n`)
      if (wrong.length > 0) throw new CommandFailed(`${wrong.length} of ${preview.people} lines cannot be taken: nobody is invited.`)
      if (flags.check === true) return json === true ? undefined : print(`nothing is wrong in the list (lines: ${preview.people})`)
      const { invitations } = await client.json<{ invitations: RevealedInvitation[] }>(sent(''))
      show(invitations, json, 'many')
    })
}

const one = (command: Command): Command => command.argument('<invitation>', 'its id, as `invitation list` shows it')

function remindCommand(): Command {
  return one(ofStudy('remind', 'send an invitation anew, under a new code: the one before is worth nothing any more')).action(
    async (id: string, flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const path = `${base(flags.study)}/${encodeURIComponent(id)}/remind`
      show([await client.json<RevealedInvitation>({ method: 'POST', path, need: manager(flags.study) })], flags.json, 'one')
    },
  )
}

function revokeCommand(): Command {
  return one(ofStudy('revoke', 'revoke an invitation: its link is worth nothing any more')).action(async (id: string, flags: Flags) => {
    const client = await openClient({ url: flags.url })
    const path = `${base(flags.study)}/${encodeURIComponent(id)}`
    const revoked = await client.json<InvitationView>({ method: 'DELETE', path, need: manager(flags.study) })
    print(flags.json === true ? JSON.stringify(revoked) : `${revoked.id}  ${revoked.subject ?? '-'}  ${revoked.state}`)
  })
}

function show(sent: readonly RevealedInvitation[], json: boolean | undefined, how: 'one' | 'many'): void {
  if (json === true) return print(JSON.stringify(how === 'one' ? sent[0] : sent))
  for (const { id, subject, delivery, link } of sent) print(`${id}  ${subject ?? '-'}  ${link ?? delivery}`)
}
