import { Command } from 'commander'
import { auditBench } from './audit.js'
import { accessBench } from './access.js'
import { governanceBench } from './governance.js'
import { ingestBench, ingestParts } from './ingest.js'
import { maskBench } from './mask.js'
import { machine } from './machine.js'
import { pipelineBench } from './pipeline.js'
import { queryBench, queryParts } from './query.js'
import { searchBench } from './search.js'

export interface BenchFlags {
  data?: string
  patients: string
  masking: string
  records: string
  only?: string
  resources?: string
  stored?: string
  searchDuring?: boolean
  roles?: string
  workers?: string
  folder?: string
  profile?: string
  rate?: string
  seconds?: string
}

interface Part {
  about: string
  run: (flags: BenchFlags) => Promise<Record<string, unknown>>
  options?: (command: Command) => Command
}

const onStored = (command: Command): Command =>
  command
    .option('--stored <n>', 'then fill the repository to so many resources, the same people as ever others, and measure again')
    .option('--roles <roles>', 'which parts run in the server (default: all)')
    .option('--workers <n>', 'worker threads of the server (default 0)')
    .option('--folder <dir>', 'the server’s data folder, which is kept (default: one that is removed)')
    .option('--profile <dir>', 'where to leave CPU profiles of the server’s threads')
const pipelineOptions = (command: Command): Command =>
  onStored(command).option('--rate <n>', 'resources a second that arrive', '1000').option('--seconds <n>', 'for so long', '30')
const asIs = (command: Command): Command => command
const ingestOptions = (command: Command): Command =>
  onStored(command)
    .option('--only <part>', `one of ${ingestParts.join(', ')}`)
    .option('--resources <n>', 'at most about so many resources by each way')
    .option('--search-during', 'at last import everybody once more, and search meanwhile')

const queryOptions = (command: Command): Command => onStored(command).option('--only <parts>', `some of ${queryParts.join(',')}`)

const parts: Readonly<Record<string, Part>> = {
  ingest: {
    about: 'writes over HTTP by bulk import, transactions and single PUTs: resources a second, CPU and memory, on a server of its own',
    run: ingestBench,
    options: ingestOptions,
  },
  pipeline: {
    about: 'import with everything on, arrival at a steady rate until it can be queried, masking anew from the lake, a person who leaves',
    run: pipelineBench,
    options: pipelineOptions,
  },
  mask: { about: 'masking in one thread: MB of JSON a second', run: maskBench },
  query: {
    about:
      '22 statements of analysts over HTTP and Arrow beside the bare engine on the same files; a million rows; 20 analysts at once; stopping',
    run: queryBench,
    options: queryOptions,
  },
  audit: { about: 'the audit trail: records written, sealed and verified a second', run: auditBench },
  access: { about: 'decisions of access from warm memory: microseconds each', run: accessBench },
  governance: { about: 'what access, consent and audit take of writing: the same with and without them, in turns', run: governanceBench },
  search: { about: 'FHIR searches on the loaded study: p50 and p95', run: searchBench, options: onStored },
}

export function benchCommand(): Command {
  const command = new Command('bench').description('measure, and print the figures as JSON with machine, load and data')
  for (const [name, { about, run, options = asIs }] of Object.entries(parts)) {
    options(command.command(name).description(about))
      .option('--data <file>', 'NDJSON of Bundles or of resources to load (.gz too); without it people are generated')
      .option('--patients <n>', 'how many people to generate', '500')
      .option('--records <n>', 'how many audit records to generate', '300000')
      .option('--masking <policy>', 'safe-harbor or expert', 'safe-harbor')
      .option('--json', 'figures are always JSON')
      .action(async (flags: BenchFlags) => {
        const before = machine()
        const figures = await run(flags)
        process.stdout.write(`${JSON.stringify({ bench: name, machine: before, ...figures }, null, 2)}\n`)
      })
  }
  return command
}
