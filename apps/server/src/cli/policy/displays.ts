import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { displayStates, type DisplayDecisionsResult, type DisplayList, type DisplayView } from '@aquifer/core/contract'
import { openClient, type Client, type Need } from '../client.js'
import { CommandFailed, WrongUsage } from '../failure.js'
import { tableText } from '../rows.js'

interface Flags {
  study: string
  state: (typeof displayStates)[number]
  approve?: string
  reject?: string
  reason?: string
  confirm?: true
  url?: string
  json?: boolean
}
interface Line {
  system: string
  code: string
  text: string
}

const base = '/masking/api/v1/displays'
const sentMax = 500

export function displaysCommand(): Command {
  return new Command('displays')
    .description('the dictionary of code displays: what waits, stands in masked data or was rejected')
    .requiredOption('--study <id>', 'the study')
    .addOption(new Option('--state <state>', 'of these').choices(displayStates).default('pending'))
    .option('--approve <file>', 'approve what a file lists: a JSON object with system, code and text a line, as --json prints them')
    .option('--reject <file>', 'reject what a file lists')
    .option('--reason <text>', 'why, with --approve and --reject')
    .option('--confirm', 'approve also texts of which a word names somebody of the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'a JSON object a line; with --state approved as `aquifer mask --displays` reads them')
    .action(async (flags: Flags) => {
      if (flags.approve !== undefined && flags.reject !== undefined) throw new WrongUsage('Either --approve or --reject, not both.')
      const client = await openClient({ url: flags.url })
      const file = flags.approve ?? flags.reject
      if (file === undefined) process.stdout.write(listText(await listed(client, flags), flags))
      else await decide(client, flags, linesOf(file))
    })
}

const need = (study: string): Need => ({ role: 'privacy-officer', studies: [study] })

async function listed(client: Client, { study, state }: Flags): Promise<DisplayView[]> {
  const list = await client.json<DisplayList>({ path: base, query: { study, state, page: '0' }, need: need(study) })
  return list.displays
}

async function decide(client: Client, flags: Flags, lines: readonly Line[]): Promise<void> {
  const { study, reason, confirm } = flags
  if (reason === undefined) throw new WrongUsage('--reason says why.')
  const decision = flags.approve === undefined ? 'reject' : 'approve'
  const more = { decision, reason, ...(confirm === true ? { confirm } : {}) }
  const total: DisplayDecisionsResult = { study, recorded: 0, outcomes: [] }
  for (let from = 0; from < lines.length; from += sentMax) {
    const decisions = lines.slice(from, from + sentMax).map((line) => ({ ...line, ...more }))
    const call = { method: 'POST' as const, path: `${base}/decisions`, json: { study, decisions }, need: need(study) }
    const { recorded, outcomes } = await client.json<DisplayDecisionsResult>(call)
    total.recorded += recorded
    total.outcomes.push(...outcomes)
  }
  process.stdout.write(flags.json === true ? `${JSON.stringify(total)}\n` : `${total.recorded} recorded\n`)
  // By place in the file, since the texts themselves are for who decides about them.
  const left = (outcome: string) => total.outcomes.flatMap((each, index) => (each === outcome ? [index + 1] : []))
  const [asking, unknown] = [left('needs-confirmation'), left('unknown')]
  if (asking.length > 0)
    throw new CommandFailed(`A word of it names somebody of the study: entries ${asking.join(', ')}. Approve them with --confirm.`)
  if (unknown.length > 0) throw new CommandFailed(`No data of the study holds the text: entries ${unknown.join(', ')}.`)
}

function linesOf(file: string): Line[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new WrongUsage(`There is no file ${file}.`)
  }
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : lineOf(line, `${file}:${index + 1}`)))
}

function lineOf(line: string, at: string): Line {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    entry = null
  }
  const { system, code, text } = (entry ?? {}) as Record<string, unknown>
  if (typeof system !== 'string' || typeof code !== 'string' || typeof text !== 'string')
    throw new WrongUsage(`${at} is no JSON object with system, code and text.`)
  return { system, code, text }
}

const names = ['system', 'code', 'text', 'people', 'why it waits', 'decided by']
function listText(displays: readonly DisplayView[], { state, json }: Flags): string {
  if (json === true) {
    const lines =
      state === 'approved' ? displays.filter(({ shown }) => shown).map(({ system, code, text }) => ({ system, code, text })) : displays
    return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  }
  if (displays.length === 0) return `no display is ${state}\n`
  const rows = displays.map(({ system, code, text, people, waits, decided }) => {
    return [system, code, text, String(people), state === 'pending' ? (waits ?? '-') : '-', decided?.by ?? '-']
  })
  return tableText({ columns: names.map((name) => ({ name, type: 'VARCHAR' })), rows })
}
