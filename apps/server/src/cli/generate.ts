import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isStudyId } from '@aquifer/core/study'
import {
  type Bundle,
  defaultAsOf,
  generateBundles,
  generateResources,
  parseDay,
  type GenerateOptions,
  type Resource,
} from '@aquifer/core/generate'
import { CommandFailed } from './failure.js'
import { openProgress, type Progress } from './progress.js'

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

export function generateCommand(out: Writable = process.stdout): Command {
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
    .action(async (flags: GenerateFlags) => {
      await writeAll(flags, out)
    })
}

async function writeAll(flags: GenerateFlags, out: Writable): Promise<void> {
  const progress = openProgress('people', flags.patients)
  try {
    await pipeline(Readable.from(chunks(flags, progress)), out)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code
    // The reader has had enough, as `head` has: nothing is wrong.
    if (code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return
    throw code === undefined ? error : new CommandFailed(`the output cannot be written (${code})`)
  } finally {
    progress.end()
  }
}

function* chunks(flags: GenerateFlags, progress: Progress): Generator<string> {
  const options: GenerateOptions = { patients: flags.patients, seed: flags.seed, asOf: flags.asOf }
  if (flags.study !== undefined) options.study = { id: flags.study, consents: flags.consents }
  const written = { people: 0, resources: 0 }
  let chunk = ''
  for (const line of flags.format === 'bundles' ? generateBundles(options) : generateResources(options)) {
    count(line, written)
    chunk += `${JSON.stringify(line)}\n`
    if (chunk.length < chunkCharacters) continue
    progress.update(written.people, { resources: written.resources })
    yield chunk
    chunk = ''
  }
  if (chunk) yield chunk
  progress.update(written.people, { resources: written.resources })
}

function count(line: Bundle | Resource, written: { people: number; resources: number }): void {
  const resources = line.resourceType === 'Bundle' ? (line as Bundle).entry.map((entry) => entry.resource) : [line]
  written.resources += resources.length
  for (const resource of resources) if (resource.resourceType === 'Patient') written.people++
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
