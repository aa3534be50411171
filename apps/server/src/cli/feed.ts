import { Command, InvalidArgumentError } from 'commander'
import type { FeedList, FeedView } from '@aquifer/core/contract'
import { durationMs } from '@aquifer/core/time'
import { openClient, resultOf, type Need } from './client.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  app?: string
  within?: string
  url?: string
  json?: boolean
}

const base = '/pipeline/api/v1/feeds'
const needOf = (study: string | undefined): Need => ({ role: 'operator', ...(study === undefined ? {} : { studies: [study] }) })
const common = (command: Command): Command => command.option('--url <url>', 'address of the server').option('--json', 'as JSON')
const ofOne = (name: string, says: string): Command =>
  common(new Command(name))
    .description(says)
    .argument('<client>', 'who sends: the name of a client or account')
    .requiredOption('--study <id>', 'the study it sends into')
    .option('--app <name>', 'only what this program sends (urn:aquifer:app, without its version)')
const print = (text: string): void => void process.stdout.write(text)

export function feedCommand(): Command {
  return new Command('feed')
    .description('who sends into which study, and the alarm when nothing comes')
    .addCommand(listCommand())
    .addCommand(expectCommand())
    .addCommand(forgetCommand())
}

function listCommand(): Command {
  return common(new Command('list'))
    .description('feeds, silent ones first: when something came last, and what is expected')
    .option('--study <id>', 'of one study (default: of all)')
    .action(async (flags: Partial<Flags>) => {
      const client = await openClient({ url: flags.url })
      const answer = await client.json<FeedList>({ path: base, query: { study: flags.study }, need: needOf(flags.study) })
      print(flags.json === true ? `${JSON.stringify(answer)}\n` : listText(answer))
    })
}

function expectCommand(): Command {
  return ofOne('expect', 'declare how often a feed has to send')
    .requiredOption('--within <span>', 'alarm when nothing came for so long, such as 24h; none: expect nothing any more', spanOrNone)
    .action(async (sender: string, flags: Flags & { within: string }) => {
      const client = await openClient({ url: flags.url })
      const view = await client.json<FeedView>({
        method: 'PUT',
        path: `${base}/${encodeURIComponent(sender)}`,
        query: { study: flags.study, app: flags.app },
        json: { within: flags.within === 'none' ? null : flags.within },
        need: needOf(flags.study),
      })
      print(flags.json === true ? `${JSON.stringify(view)}\n` : expectedText(view))
    })
}

function forgetCommand(): Command {
  return ofOne('forget', 'forget a feed and what is expected of it; it is there again when it sends').action(
    async (sender: string, flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const path = `${base}/${encodeURIComponent(sender)}`
      const query = { study: flags.study, app: flags.app }
      const reply = await client.send({ method: 'DELETE', path, query, need: needOf(flags.study) })
      resultOf<null>(reply)
      print(flags.json === true ? `${JSON.stringify({ forgotten: sender })}\n` : `forgotten: ${sender}\n`)
    },
  )
}

function spanOrNone(text: string): string {
  if (text !== 'none' && durationMs(text) === null) throw new InvalidArgumentError('a span such as 30m, 24h or 7d, or none')
  return text
}

const names = ['study', 'client', 'program', 'last', 'expected within', 'state']
function listText({ feeds }: FeedList): string {
  if (feeds.length === 0) return 'nobody has sent anything yet, and nothing is expected\n'
  const rows = feeds.map(({ study, sender, app, lastAt, within, silentSince }) => [
    study,
    sender,
    app ?? 'all',
    lastAt ?? 'never',
    within ?? '-',
    silentSince === null ? (within === null ? '-' : 'ok') : `silent, alarm since ${silentSince}`,
  ])
  return tableText({ columns: names.map((name) => ({ name, type: 'VARCHAR' })), rows })
}

function expectedText({ sender, study, within, dueAt, lastAt }: FeedView): string {
  if (within === null) return `nothing is expected of ${sender} in ${study}\n`
  return `${sender} in ${study}: last ${lastAt ?? 'never'}, alarm when nothing comes before ${dueAt ?? ''}\n`
}
