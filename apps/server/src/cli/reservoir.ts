import { Command } from 'commander'
import type { GenerationView } from '@aquifer/core/contract'
import { openClient } from './client.js'

interface Flags {
  study: string
  fresh?: boolean
  url?: string
  json?: boolean
}

export function reservoirCommand(): Command {
  return new Command('reservoir').description('masked files for readers outside').addCommand(pathCommand())
}

function pathCommand(): Command {
  return new Command('path')
    .description('folder, on the server’s machine, of the newest generation: whole, and never changed once it has its name')
    .requiredOption('--study <id>', 'the study')
    .option('--fresh', 'make one of the present snapshot first, without waiting for its time')
    .option('--url <url>', 'address of the server')
    .option('--json', 'with snapshot, policy, format and time, as JSON')
    .action(async ({ study, fresh, url, json }: Flags) => {
      const client = await openClient({ url })
      const base = '/pipeline/api/v1/generations'
      const need = { role: 'operator', studies: [study] } as const
      const found = await client.json<GenerationView>(
        fresh === true ? { method: 'POST', path: base, json: { study }, need } : { path: `${base}/newest`, query: { study }, need },
      )
      process.stdout.write(json === true ? `${JSON.stringify(found)}\n` : `${found.folder}\n`)
    })
}
