import { Command } from 'commander'
import { auditBench } from './audit.js'
import { accessBench } from './access.js'
import { governanceBench } from './governance.js'
import { loadBench, queryBench } from './load.js'
import { maskBench } from './mask.js'
import { machine } from './machine.js'
import { searchBench } from './search.js'

export interface BenchFlags {
  file?: string
  patients: string
  masking: string
  records: string
}

const parts: Readonly<Record<string, { about: string; run: (flags: BenchFlags) => Promise<Record<string, unknown>> }>> = {
  ingest: { about: 'import with everything on: resources a second, and how long a write takes until it can be queried', run: loadBench },
  pipeline: { about: 'the same load, seen from the stages: their lag while it runs and after it', run: loadBench },
  mask: { about: 'masking in one thread: MB of JSON a second', run: maskBench },
  query: { about: 'statements of analysts on the loaded study: p50 and p95', run: queryBench },
  audit: { about: 'the audit trail: records written, sealed and verified a second', run: auditBench },
  access: { about: 'decisions of access from warm memory: microseconds each', run: accessBench },
  governance: { about: 'what access, consent and audit take of writing: the same with and without them, in turns', run: governanceBench },
  search: { about: 'FHIR searches on the loaded study: p50 and p95', run: searchBench },
}

export function benchCommand(): Command {
  const command = new Command('bench').description('measure, and print the figures as JSON with machine, load and data')
  for (const [name, part] of Object.entries(parts)) {
    command
      .command(name)
      .description(part.about)
      .option('--file <file>', 'NDJSON of Bundles to load (.gz too); without it people are generated')
      .option('--patients <n>', 'how many people to generate', '500')
      .option('--records <n>', 'how many audit records to generate', '300000')
      .option('--masking <policy>', 'safe-harbor or expert', 'safe-harbor')
      .option('--json', 'figures are always JSON')
      .action(async (flags: BenchFlags) => {
        const figures = await part.run(flags)
        process.stdout.write(`${JSON.stringify({ bench: name, machine: machine(), ...figures }, null, 2)}\n`)
      })
  }
  return command
}
