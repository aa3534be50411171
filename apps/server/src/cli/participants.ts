import { Command, Option } from 'commander'
import { participantStates } from '@aquifer/core/consent'
import type { FunnelView, ParticipantList, ParticipantView } from '@aquifer/core/contract'
import { openClient, type Need } from './client.js'

interface Flags {
  study: string
  patient?: string
  site?: string
  state?: string
  at?: string
  reason?: string
  asOf?: string
  url?: string
  json?: boolean
}

const base = (study: string): string => `/consent/api/v1/studies/${encodeURIComponent(study)}`
const manager = (study: string): Need => ({ role: 'study-manager', studies: [study] })
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const ofStudy = (name: string, says: string): Command =>
  new Command(name)
    .description(says)
    .requiredOption('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
const show = (view: ParticipantView, json: boolean | undefined): void =>
  print(json === true ? JSON.stringify(view) : `${view.subject}  ${(view.site ?? '-').padEnd(10)} ${view.state.padEnd(18)} ${view.since}`)

export function participantCommands(): Command[] {
  return [listCommand(), addCommand(), moveCommand(), funnelCommand()]
}

function listCommand(): Command {
  return ofStudy('participants', 'the participant log')
    .addOption(new Option('--state <state>', 'only those who stand there').choices(participantStates))
    .option('--site <site>', 'only of this site')
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const all: ParticipantView[] = []
      for (let after: string | undefined; ;) {
        const query = { state: flags.state, site: flags.site, limit: '1000', after }
        const page = await client.json<ParticipantList>({ path: `${base(flags.study)}/participants`, query, need: manager(flags.study) })
        all.push(...page.participants)
        if (page.next === null) break
        after = page.next
      }
      if (flags.json === true) print(JSON.stringify(all))
      else for (const each of all) show(each, false)
    })
}

function addCommand(): Command {
  return ofStudy('log', 'log somebody new: the answer is the subject number')
    .option('--patient <id>', 'id of the Patient, where it is known')
    .option('--site <site>', 'the site')
    .addOption(new Option('--state <state>', 'how the log begins (default invited)').choices(['invited', 'screened']))
    .option('--at <date>', 'when it happened (default now)')
    .option('--reason <text>', 'a note')
    .action(async (flags: Flags) => {
      const { study, url, json, ...body } = flags
      const client = await openClient({ url })
      show(
        await client.json<ParticipantView>({ method: 'POST', path: `${base(study)}/participants`, json: body, need: manager(study) }),
        json,
      )
    })
}

function moveCommand(): Command {
  return ofStudy('step', 'log the next step of a participant')
    .argument('<subject>', 'subject number, such as HARBOR-00012')
    .addOption(new Option('--state <state>', 'where the participant stands now').choices(participantStates).makeOptionMandatory())
    .option('--at <date>', 'when it happened (default now)')
    .option('--reason <text>', 'why; needed for an end')
    .action(async (subject: string, flags: Flags) => {
      const { study, url, json, ...body } = flags
      const client = await openClient({ url })
      const path = `${base(study)}/participants/${encodeURIComponent(subject)}/steps`
      show(await client.json<ParticipantView>({ method: 'POST', path, json: body, need: manager(study) }), json)
    })
}

function funnelCommand(): Command {
  return ofStudy('funnel', 'how many came how far, by site, against the targets')
    .option('--as-of <day>', 'as it stood at the end of a day')
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const funnel = await client.json<FunnelView>({
        path: `${base(flags.study)}/funnel`,
        query: { asOf: flags.asOf },
        need: manager(flags.study),
      })
      if (flags.json === true) return print(JSON.stringify(funnel))
      for (const { site, target, reached } of [...funnel.bySite, funnel.total]) {
        const plan = target === null ? '' : ` of ${target}`
        print(`${(site ?? 'all').padEnd(12)} ${reached.invited} invited, ${reached.screened} screened, ${reached.enrolled}${plan} enrolled`)
      }
    })
}
