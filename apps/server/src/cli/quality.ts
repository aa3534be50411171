import { Command } from 'commander'
import type { JobView, QualityReport } from '@aquifer/core/contract'
import { openClient, type Need } from './client.js'
import { CommandFailed } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  site?: string
  now?: boolean
  url?: string
  json?: boolean
}

const base = '/pipeline/api/v1/quality'
const pollMs = 500

export function qualityCommand(): Command {
  return new Command('quality')
    .description('what is missing, late, repeated or impossible in the data of a study, by site and feed')
    .requiredOption('--study <id>', 'the study')
    .option('--site <id>', 'of one site')
    .option('--now', 'look through the data anew first, and wait for it')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the report as JSON')
    .action(async ({ study, site, now, url, json }: Flags) => {
      const client = await openClient({ url })
      const need: Need = { role: 'operator', studies: [study] }
      if (now === true) await lookThrough(client, study, need)
      const report = await client.json<QualityReport>({ path: base, query: { study, site }, need })
      process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : words(report))
    })
}

async function lookThrough(client: Awaited<ReturnType<typeof openClient>>, study: string, need: Need): Promise<void> {
  let job = await client.json<JobView>({ method: 'POST', path: base, json: { study }, need })
  while (job.state === 'queued' || job.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    job = await client.json<JobView>({ path: `/jobs/api/v1/${job.id}`, need })
  }
  if (job.state !== 'done') throw new CommandFailed(job.problem ?? 'The look through the data was cancelled.')
}

function words({ study, computedAt, current, people, resources, sites, findings, silentFeeds }: QualityReport): string {
  if (computedAt === null) return `${study}: nobody has looked through the data yet; --now does.\n`
  const head = `${study} · ${people} people · ${resources} resources · looked through ${computedAt}${current ? '' : ' · data came since'}\n`
  return [
    head,
    table(
      ['site', 'resources', 'people', 'without data', 'complete', 'half within', '95 % within', 'findings'],
      sites.map((each) => [
        each.site ?? '-',
        String(each.resources),
        String(each.people),
        String(each.withoutData),
        each.completeness === null ? '-' : `${(Math.floor(each.completeness * 1000) / 10).toFixed(1)} %`,
        each.delay.half ?? '-',
        each.delay.most ?? '-',
        String(Object.values(each.checks).reduce<number>((sum, found) => sum + (found ?? 0), 0)),
      ]),
    ),
    table(
      ['check', 'site', 'sender', 'type', 'code', 'found', 'of'],
      findings.map(({ check, site, sender, type, code, count, of }) => [
        check,
        site ?? '-',
        sender,
        type,
        code,
        String(count),
        of === null ? '-' : String(of),
      ]),
    ),
    table(
      ['silent feed', 'expected within', 'since'],
      silentFeeds.map(({ sender, within, silentSince }) => [sender, within ?? '-', silentSince ?? '-']),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const table = (names: readonly string[], rows: string[][]): string =>
  rows.length === 0 ? '' : tableText({ columns: names.map((name) => ({ name, type: 'VARCHAR' })), rows })
