import { Command, Option } from 'commander'
import type { JobView, ReplayReport } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'
import { followJob } from './follow-job.js'

interface Flags {
  from: ReplayReport['from']
  study?: string
  background?: boolean
  url?: string
  json?: boolean
}

const operator = { role: 'operator' } as const

export function replayCommand(): Command {
  return new Command('replay')
    .description('rebuilds the stores downstream, beside what is shown; Ctrl+C leaves the job running')
    .addOption(
      new Option('--from <store>', 'lake: the reservoir · repository: lake and reservoir')
        .choices(['lake', 'repository'])
        .makeOptionMandatory(),
    )
    .option('--study <id>', 'of one study (default: of all)')
    .option('--background', 'prints the job and does not wait for it')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async ({ from, study, background, url, json }: Flags) => {
      const client = await openClient({ url })
      const asked = { from, ...(study === undefined ? {} : { study }) }
      const job = await client.json<JobView>({ method: 'POST', path: '/pipeline/api/v1/replays', json: asked, need: operator })
      if (background === true) return void process.stdout.write(json === true ? `${JSON.stringify(job)}\n` : `${job.id}\n`)
      const ended = await followJob(client, job, 'replaying', operator)
      if (ended.state !== 'done') throw new CommandFailed(ended.problem ?? `The replay is ${ended.state}.`)
      const report = ended.result as ReplayReport
      process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : replayText(report))
    })
}

const replayText = ({ from, elapsedMs, studies }: ReplayReport): string =>
  [
    `rebuilt from the ${from} in ${(elapsedMs / 1000).toFixed(1)} s`,
    ...studies.map(({ study, rows }) => `${study}: ${rows} versions`),
    '',
  ].join('\n')
