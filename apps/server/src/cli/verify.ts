import { Command } from 'commander'
import type { JobView, StoresReport, StoresStudy } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'
import { followJob } from './follow-job.js'

interface Flags {
  study?: string
  quick?: boolean
  url?: string
  json?: boolean
}

const operator = { role: 'operator' } as const

export function verifyCommand(): Command {
  return new Command('verify').description('proves that what is stored is whole').addCommand(storesCommand())
}

function storesCommand(): Command {
  return new Command('stores')
    .description('compares repository, lake and reservoir, resource by resource, while writes go on; exit 1 when anything differs')
    .option('--study <id>', 'of one study (default: of all)')
    .option('--quick', 'repository and lake only: nothing is masked anew')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the report as JSON')
    .action(async ({ study, quick, url, json }: Flags) => {
      const client = await openClient({ url })
      const asked = { ...(study === undefined ? {} : { study }), ...(quick === true ? { quick } : {}) }
      const job = await client.json<JobView>({ method: 'POST', path: '/pipeline/api/v1/verifications', json: asked, need: operator })
      const ended = await followJob(client, job, 'comparing', operator)
      if (ended.state !== 'done') throw new CommandFailed(ended.problem ?? `The comparison is ${ended.state}.`)
      const report = ended.result as StoresReport
      process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : reportText(report))
      if (!report.equal) process.exitCode = 1
    })
}

function reportText({ equal, studies, elapsedMs }: StoresReport): string {
  const head = `${equal ? 'The stores hold the same.' : 'The stores DIFFER.'} (${(elapsedMs / 1000).toFixed(1)} s)`
  return `${[head, ...studies.flatMap(studyLines)].join('\n')}\n`
}

const placeOf = { folder: 'of the folder', bucket: 'fetched from the bucket; those at hand are the same bytes unless it says so' }

function studyLines({
  study,
  equal,
  watermark,
  notCompared,
  compared,
  published,
  types,
  kept = [],
  found,
  differences,
}: StoresStudy): string[] {
  const columns = (cells: (string | number)[]): string =>
    cells.map((cell, place) => (place === 0 ? String(cell).padEnd(28) : String(cell).padStart(12))).join('')
  return [
    '',
    `${study}: ${equal ? 'equal' : `${found} differences`}, up to ${watermark}${notCompared === null ? '' : `; masked rows not compared: ${notCompared}`}`,
    ...(compared === null
      ? []
      : [`masked rows of ${compared.files} files, ${Math.ceil(compared.bytes / 1024)} KB, ${placeOf[compared.from]}`]),
    ...(published === undefined
      ? []
      : [
          `published generation ${published.generation}: ${published.not === null ? `${published.files} files` : `not compared, ${published.not}`}`,
        ]),
    columns(['type', 'current', 'versions', 'in lake', 'masked', 'anew']),
    ...types.map((of) =>
      columns([of.type, of.current, of.repository.rows, of.lake.rows, of.reservoir?.rows ?? '-', of.remade?.rows ?? '-']),
    ),
    ...kept.map(({ store, files, bytes }) =>
      columns([store === 'cuts' ? 'files of data cuts' : 'files as they came', files, `${bytes} bytes`]),
    ),
    ...differences.map(({ store, type, resource, version, what }) => `  ${store}: ${what} ${type} ${resource} version ${version}`),
    ...(found > differences.length ? [`  … ${found - differences.length} more`] : []),
  ]
}
