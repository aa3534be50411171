import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { ImportReport, JobList } from '@aquifer/core/contract'
import { inputOf, openClient, resultOf, type Client } from './client.js'
import { CommandFailed, Unreachable, WrongUsage } from './failure.js'
import { openProgress, type Progress } from './progress.js'

interface Flags {
  study: string
  site?: string
  consentOnFile?: string
  strict?: boolean
  dryRun?: boolean
  wait: string
  url?: string
  json?: boolean
}

export function importCommand(): Command {
  return new Command('import')
    .description('load FHIR files into a study: NDJSON of resources or of Bundles, one Bundle, XML; .gz of these; - for stdin')
    .argument('<file...>', 'files, in the order in which they are loaded')
    .requiredOption('--study <id>', 'the study')
    .option('--site <id>', 'the site of all that is loaded')
    .option('--consent-on-file <evidence>', 'consent was collected elsewhere: record it for each person first; the text is audited')
    .option('--strict', 'refuse what would otherwise be repaired by a named rule')
    .option('--dry-run', 'pass all gates and store nothing: the report tells what to mend at the sender')
    .option('--wait <seconds>', 'how long to wait for a server that goes away meanwhile; 0: not at all', '300')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the report as JSON')
    .action(async (files: string[], flags: Flags) => {
      if (!/^\d{1,6}$/.test(flags.wait)) throw new WrongUsage('--wait takes whole seconds.')
      const client = await openClient({ url: flags.url })
      let refused = 0
      const reports: (Loaded & { file: string })[] = []
      for (const file of files) {
        const report = await importFile(client, file, flags)
        refused += report.refused
        reports.push({ file, ...report })
        if (flags.json !== true) process.stdout.write(reportText(file, report))
      }
      if (flags.json === true) process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports)}\n`)
      if (refused > 0) process.exitCode = 1
    })
}

/** The report of the attempt that came to the end, and the line after which it went on. */
type Loaded = ImportReport & { resumedAfter?: number }

const askEveryMs = 1_000

/** Sends a file; where the server goes away meanwhile, waits for it and goes on after the last line it had acknowledged. */
async function importFile(first: Client, file: string, flags: Flags): Promise<Loaded> {
  const run = randomUUID()
  let client = first
  for (let after = 0; ;) {
    const sent = { bytes: 0 }
    try {
      const report = await sendFile(client, file, flags, { run, after, sent })
      return after === 0 ? report : { ...report, resumedAfter: after }
    } catch (error) {
      // What came from stdin is gone, and what never began has nothing to go on with.
      if (!(error instanceof Unreachable) || file === '-' || (sent.bytes === 0 && after === 0) || Number(flags.wait) === 0) throw error
      process.stderr.write(`${error.message} Waiting for the server to come back.\n`)
      client = await serverBack(flags, error)
      after = Math.max(after, await acknowledgedLine(client, flags.study, run))
      process.stderr.write(`Going on after line ${after}; nothing is stored twice.\n`)
    }
  }
}

async function serverBack(flags: Flags, error: Unreachable): Promise<Client> {
  for (const until = Date.now() + Number(flags.wait) * 1000; Date.now() < until; await sleep(askEveryMs)) {
    // It may have come back at another address.
    const client = await openClient({ url: flags.url })
    const ready = await client.open({ path: '/health/ready' }).catch(() => null)
    if (ready?.status === 200) return client
  }
  throw error
}

async function acknowledgedLine(client: Client, study: string, run: string): Promise<number> {
  const { jobs } = await client.json<JobList>({
    path: '/jobs/api/v1',
    query: { study, kind: 'import', limit: '50' },
    need: { role: 'operator' },
  })
  return Math.max(0, ...jobs.filter(({ detail }) => detail['run'] === run).map(({ detail }) => Number(detail['acknowledged'] ?? 0)))
}

async function sendFile(
  client: Client,
  file: string,
  flags: Flags,
  { run, after, sent }: { run: string; after: number; sent: { bytes: number } },
): Promise<ImportReport> {
  const size = sizeOf(file)
  const progress = openProgress(`import ${path.basename(file)}`, size)
  const role = flags.consentOnFile === undefined ? 'integrator' : 'study-manager'
  const need = { role, studies: [flags.study] } as const
  const figures = watch(client, flags.study)
  try {
    const reply = await client.send({
      method: 'POST',
      path: '/fhir-server/api/v1/$import',
      query: {
        studyid: flags.study,
        siteid: flags.site,
        consentOnFile: flags.consentOnFile,
        strict: flags.strict === true ? 'true' : undefined,
        dryRun: flags.dryRun === true ? 'true' : undefined,
        after: after === 0 ? undefined : String(after),
      },
      headers: { 'content-type': 'application/x-ndjson', 'x-correlation-id': run },
      body: Readable.from(counted(inputOf(file), progress, figures, sent)),
      need,
    })
    if (reply.status === 408) throw new Unreachable('The server had heard nothing for minutes and ended the import.')
    return resultOf<ImportReport>(reply)
  } finally {
    figures.end()
    progress.end()
  }
}

function sizeOf(file: string): number | null {
  if (file === '-') return null
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new CommandFailed(`There is no file ${file}.`)
  if (found.isDirectory()) throw new CommandFailed(`${file} is a folder: name the files in it.`)
  return found.size
}

interface Figures {
  latest: Record<string, string | number>
  end(): void
}

/** What the server says of the running import, asked once a second on a terminal. */
function watch(client: Client, study: string): Figures {
  const figures: Figures = { latest: {}, end: () => undefined }
  if (!process.stderr.isTTY) return figures
  const ask = async (): Promise<void> => {
    const { jobs } = await client.json<JobList>({
      path: '/jobs/api/v1',
      query: { study, kind: 'import', limit: '1' },
      need: { role: 'operator' },
    })
    const { stored, refused } = (jobs[0]?.detail ?? {}) as { stored?: number; refused?: number }
    figures.latest = { stored: stored ?? 0, refused: refused ?? 0 }
  }
  const timer = setInterval(() => void ask().catch(() => undefined), 1000)
  figures.end = () => clearInterval(timer)
  return figures
}

async function* counted(
  input: AsyncIterable<Buffer>,
  progress: Progress,
  figures: Figures,
  sent: { bytes: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of input) {
    sent.bytes += chunk.length
    progress.update(sent.bytes, figures.latest)
    yield chunk
  }
}

const linesShown = 10

function reportText(file: string, report: Loaded): string {
  const seconds = report.elapsedMs / 1000
  const rate = seconds > 0 ? Math.round(report.read / seconds) : report.read
  const out = [
    `${file}: ${report.read} resources in ${report.units} units read in ${seconds.toFixed(1)} s (${rate}/s)`,
    `  ${report.dryRun ? 'would store' : 'stored    '} ${report.stored}`,
    `  unchanged  ${report.unchanged}`,
    `  refused    ${report.refused}`,
  ]
  if (report.consentsRecorded > 0) out.push(`  consents recorded  ${report.consentsRecorded}`)
  for (const [rule, count] of Object.entries(report.repaired)) out.push(`  repaired by ${rule}  ${count}`)
  for (const { reason, detail, count, lines } of report.refusals) {
    const more = lines.length > linesShown || count > lines.length ? ', …' : ''
    out.push(`  refused ${count} × ${reason}: ${detail}`, `    lines ${lines.slice(0, linesShown).join(', ')}${more}`)
  }
  if (report.resumedAfter !== undefined) out.push(`  went on after line ${report.resumedAfter}; lines up to there were acknowledged before`)
  if (report.dryRun) out.push('  dry run: nothing was stored', ...report.findings.map(findingText))
  if (report.cancelled) out.push('  cancelled: run it again to go on, nothing is stored twice')
  return `${out.join('\n')}\n`
}

const findingText = ({ kind, cause, path, message, count, lines }: ImportReport['findings'][number]): string =>
  `  ${kind} ${count} × ${cause}${path === '' ? '' : ` at ${path}`}: ${message}\n    lines ${lines.slice(0, linesShown).join(', ')}`
