import { Command } from 'commander'
import type { CutList, CutView } from '@aquifer/core/contract'
import { openClient, type Call } from './client.js'
import { CommandFailed } from './failure.js'
import { tableText } from './rows.js'
import { readSecret } from './secret.js'

interface Flags {
  study: string
  url?: string
  json?: boolean
}
const base = '/pipeline/api/v1/cuts'

export function cutCommand(): Command {
  return new Command('cut')
    .description('data cuts: named, signed snapshots of masked rows that outlive all others')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(retireCommand())
}

const command = (name: string, says: string): Command =>
  new Command(name)
    .description(says)
    .requiredOption('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')

async function ask<T>(flags: Flags, call: Omit<Call, 'need'>, text: (answer: T) => string): Promise<T> {
  const client = await openClient({ url: flags.url })
  const answer = await client.json<T>({ ...call, need: { role: 'study-manager', studies: [flags.study] } })
  process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : text(answer))
  return answer
}

function createCommand(): Command {
  return command('create', 'freeze the present snapshot. The password comes from stdin, AQUIFER_TOKEN says whose')
    .argument('<name>', 'letters, digits, dots, underscores and hyphens; given once')
    .requiredOption('--reason <text>', 'what it is for, at least 10 characters')
    .action(async (name: string, flags: Flags & { reason: string }) => {
      const json = { study: flags.study, name, reason: flags.reason, password: await readSecret('Password') }
      await ask<CutView>(flags, { method: 'POST', path: base, json }, cutText)
    })
}

function listCommand(): Command {
  return command('list', 'data cuts of a study, newest first').action(async (flags: Flags) => {
    await ask<CutList>(flags, { path: base, query: { study: flags.study } }, ({ cuts }) => {
      const columns = ['name', 'state', 'snapshot', 'resources', 'people', 'by', 'removed', 'genuine']
      return tableText({
        columns: columns.map((each) => ({ name: each, type: 'VARCHAR' })),
        rows: cuts.map((cut) => [cut.name, cut.state, cut.snapshot, cut.resources, cut.people, cut.by, cut.removals.length, cut.genuine]),
      })
    })
  })
}

function showCommand(): Command {
  return command('show', 'one data cut, with every file proven; exit code 1 where it is not as it was signed')
    .argument('<name>')
    .action(async (name: string, flags: Flags) => {
      const path = `${base}/${encodeURIComponent(name)}`
      const { genuine, whole } = await ask<CutView>(flags, { path, query: { study: flags.study } }, cutText)
      if (!genuine || whole === false) throw new CommandFailed('The data cut is not as it was signed.')
    })
}

function retireCommand(): Command {
  return command('retire', 'its rows go, that it was there stays. The password comes from stdin, AQUIFER_TOKEN says whose')
    .argument('<name>')
    .requiredOption('--reason <text>', 'why it is needed no more, at least 10 characters')
    .action(async (name: string, flags: Flags & { reason: string }) => {
      const json = { study: flags.study, reason: flags.reason, password: await readSecret('Password') }
      await ask<CutView>(flags, { method: 'POST', path: `${base}/${encodeURIComponent(name)}/retirement`, json }, cutText)
    })
}

function cutText(cut: CutView): string {
  const rows = Object.values(cut.rows).reduce((sum, n) => sum + n, 0)
  const signed = cut.signature === null ? 'by nobody' : `by ${cut.signature.name} (${cut.signature.signer}), ${cut.signature.at}`
  return [
    `${cut.study}/${cut.name}: ${cut.state}, ${cut.reason}`,
    `snapshot ${cut.snapshot}, ${cut.maskingPolicy}, ${cut.resources} resources of ${cut.people} people; ${rows} rows now`,
    `signed ${signed}; ${cut.genuine ? 'genuine' : 'NOT GENUINE'}${cut.whole === false ? ', FILES CHANGED' : ''}`,
    `sha256 ${cut.sha256}`,
    ...cut.removals.map(({ at, act, rows: gone }) => `${at} ${act}: ${gone} rows of one person removed`),
    ...(cut.retired === null ? [] : [`retired ${cut.retired.at} by ${cut.retired.by}: ${cut.retired.reason}`]),
    '',
  ].join('\n')
}
