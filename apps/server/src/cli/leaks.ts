import { Command } from 'commander'
import type { LeakList } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { WrongUsage } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  accept?: string
  reason?: string
  url?: string
  json?: boolean
}

const path = '/masking/api/v1/leaks'

export function leaksCommand(): Command {
  return new Command('leaks')
    .description('what the leak gate stopped before it was published; exit code 1 while the study is blocked')
    .requiredOption('--study <id>', 'the study')
    .option('--accept <finding>', 'answers for it, as a privacy officer, that this finding names nobody')
    .option('--reason <text>', 'why it names nobody')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const list = await askedOf(flags)
      process.stdout.write(flags.json === true ? `${JSON.stringify(list)}\n` : textOf(list))
      if (list.blocked) process.exitCode = 1
    })
}

async function askedOf({ study, accept, reason, url }: Flags): Promise<LeakList> {
  const client = await openClient({ url })
  if (accept === undefined) return client.json<LeakList>({ path, query: { study }, need: { role: 'operator', studies: [study] } })
  if (reason === undefined) throw new WrongUsage('--reason says why the finding names nobody.')
  const json = { study, id: accept, reason }
  return client.json<LeakList>({ method: 'POST', path: `${path}/acceptances`, json, need: { role: 'privacy-officer', studies: [study] } })
}

function textOf({ blocked, leaks }: LeakList): string {
  if (!blocked) return 'nothing was stopped\n'
  const rows = leaks.map(({ id, kind, place, late, since }) => [id, kind, place, late ? 'published before' : 'stopped', since])
  return tableText({ columns: ['finding', 'kind', 'place', 'state', 'since'].map((name) => ({ name, type: 'VARCHAR' })), rows })
}
