import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isStudyId } from '@aquifer/core/study'
import { defaultAsOf, generateBundles, generateResources, parseDay, type GenerateOptions } from '@aquifer/core/generate'

const patientsMax = 10_000_000
const chunkCharacters = 256 * 1024

interface GenerateFlags {
  patients: number
  seed: string
  format: 'ndjson' | 'bundles'
  asOf: string
  study?: string
  consents: string[]
}

export interface GenerateStreams {
  out: Writable
  log: NodeJS.WritableStream & { isTTY?: boolean }
}

export function generateCommand(streams: GenerateStreams = { out: process.stdout, log: process.stderr }): Command {
  return new Command('generate')
    .description('write synthetic DSTU2 people to stdout; the same seed gives the same bytes')
    .requiredOption('--patients <n>', 'how many people', wholePatients)
    .option('--seed <text>', 'any text or number', '1')
    .addOption(
      new Option('--format <format>', 'a resource a line, or a Bundle of one person a line')
        .choices(['ndjson', 'bundles'])
        .default('ndjson'),
    )
    .option('--as-of <date>', 'the day up to which records go, YYYY-MM-DD', wholeDay, defaultAsOf)
    .option('--study <id>', 'add Contracts of this study: most active, some proposed, expired, withdrawn or missing', wholeStudy)
    .option('--consents <types>', 'consent types of the Contracts, separated by commas', listed, ['share-data'])
    .action(async (flags: GenerateFlags, command: Command) => {
      const failure = await writeAll(flags, streams)
      if (failure !== null) command.error(`error: the output cannot be written (${failure})`, { exitCode: 1, code: 'aquifer.output' })
    })
}

/** The system's name of what went wrong, or null. */
async function writeAll(flags: GenerateFlags, { out, log }: GenerateStreams): Promise<string | null> {
  const progress = openProgress(flags.patients, log)
  try {
    await pipeline(Readable.from(chunks(flags, progress)), out)
    progress.end('')
    return null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code
    if (code === undefined) throw error
    progress.end('stopped after ')
    // The reader has had enough, as `head` has: nothing is wrong.
    return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' ? null : code
  }
}

function* chunks(flags: GenerateFlags, progress: Progress): Generator<string> {
  const options: GenerateOptions = { patients: flags.patients, seed: flags.seed, asOf: flags.asOf }
  if (flags.study !== undefined) options.study = { id: flags.study, consents: flags.consents }
  let chunk = ''
  for (const line of flags.format === 'bundles' ? generateBundles(options) : generateResources(options)) {
    if (line.resourceType === 'Bundle') progress.add(line.entry as readonly { resource: { resourceType: string } }[])
    else progress.add([{ resource: line }])
    chunk += `${JSON.stringify(line)}\n`
    if (chunk.length < chunkCharacters) continue
    yield chunk
    chunk = ''
  }
  if (chunk) yield chunk
}

interface Progress {
  add(entries: readonly { resource: { resourceType: string } }[]): void
  end(how: string): void
}

/** A bar on a terminal; elsewhere a line for each tenth and one at the end. */
function openProgress(patients: number, log: GenerateStreams['log']): Progress {
  const bar = log.isTTY
    ? new SingleBar({ format: '{bar} {value}/{total} people, {resources} resources', stream: log, hideCursor: null })
    : null
  let people = 0
  let resources = 0
  bar?.start(patients, 0, { resources })
  return {
    add(entries) {
      resources += entries.length
      const before = people
      for (const { resource } of entries) if (resource.resourceType === 'Patient') people++
      if (people === before) return
      bar?.update(people, { resources })
      if (!bar && people < patients && Math.floor((people * 10) / patients) > Math.floor((before * 10) / patients)) {
        log.write(`${people} of ${patients} people, ${resources} resources\n`)
      }
    },
    end(how) {
      bar?.stop()
      if (!bar) log.write(`${how}${people} people, ${resources} resources\n`)
    },
  }
}

function wholePatients(text: string): number {
  const patients = Number(text)
  if (!/^\d+$/.test(text) || patients < 1 || patients > patientsMax)
    throw new InvalidArgumentError(`a whole number from 1 to ${patientsMax}`)
  return patients
}

function wholeDay(text: string): string {
  if (parseDay(text) === null) throw new InvalidArgumentError('a date such as 2026-11-01')
  return text
}

function wholeStudy(text: string): string {
  if (!isStudyId(text)) throw new InvalidArgumentError('a letter, then up to 31 letters, digits or hyphens, no word of SQL')
  return text
}

function listed(text: string): string[] {
  const types = text.split(',').filter((type) => type !== '')
  if (types.length === 0 || types.some((type) => !/^[a-z][a-z0-9-]{0,63}$/.test(type)))
    throw new InvalidArgumentError('types such as share-data,terms-of-use')
  return types
}
