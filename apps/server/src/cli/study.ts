import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { isRefusal } from '@aquifer/core/refusal'
import { readPolicy, policyLabel, yearsOnly } from '@aquifer/core/masking'
import { completeStudy, datesUnder, enrolments, outputFormats, partitions, studyKinds, type StudyRequest } from '@aquifer/core/study'
import type { StudyDiff, StudyList, StudyView } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { WrongUsage } from './failure.js'

interface CreateFlags extends Omit<StudyRequest, 'id' | 'sites' | 'required'> {
  site: string[]
  consents: string[]
  format?: string
  keepSnapshots?: string
  url?: string
  json?: boolean
}

const collect = (value: string, all: string[]): string[] => [...all, ...listed(value)]
const listed = (text: string): string[] => text.split(',').filter((part) => part !== '')

export function studyCommand(): Command {
  return new Command('study')
    .description('studies and their settings')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(fileCommand('diff'))
    .addCommand(fileCommand('apply'))
}

function createCommand(): Command {
  return new Command('create')
    .description('create a study and open it')
    .argument('<id>', 'a letter, then up to 31 letters, digits or hyphens')
    .requiredOption('--name <name>', 'what people call it')
    .addOption(new Option('--kind <kind>', 'fixes which withdrawal acts are allowed (default program)').choices(studyKinds))
    .addOption(new Option('--enrolment <how>', 'open: a person is enrolled when first named (default closed)').choices(enrolments))
    .option('--site <site...>', 'sites that send data', collect, [])
    .option('--consents <types>', 'consent types that must all be active, such as share-data,terms-of-use', collect, [])
    .option('--masking <policy>', 'safe-harbor (years only, default), expert (dates shifted), or the file of a policy of its own')
    .option('--publish <when>', 'continuous, or a span such as 24h')
    .addOption(new Option('--partition <by>', 'how finely masked files are partitioned (default year)').choices(partitions))
    .addOption(new Option('--format <format>', 'of the files that readers outside get (default parquet)').choices(outputFormats))
    .option('--keep-snapshots <span>', 'how long old snapshots are kept for readers outside, such as 30d (default: the last three)')
    .addOption(new Option('--status <status>', 'draft prepares a study without opening it').choices(['draft', 'open']))
    .option('--zone <zone>', 'IANA time zone in which consent days begin and end (default UTC)')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the study as JSON')
    .action(async (id: string, flags: CreateFlags) => {
      const { site, consents, url, json, format, keepSnapshots, ...settings } = flags
      const own = settings.masking === undefined || datesUnder(settings.masking) !== null ? null : await ownPolicy(settings.masking)
      const request: StudyRequest = { ...settings, id, sites: site, required: consents, ...(own === null ? {} : { masking: own.label }) }
      // The same rules as the server's, told here as wrong usage before anything is asked of it.
      const complete = completeStudy(request, own?.dates)
      if (isRefusal(complete)) throw new WrongUsage(complete.detail)
      const { masking: _label, ...others } = complete
      const publishing = { ...(format && { output: format }), ...(keepSnapshots && { keepSnapshots }) }
      const client = await openClient({ url })
      const study = await client.json<StudyView>({
        method: 'POST',
        path: '/study/api/v1/studies',
        json: { ...(own === null ? complete : { ...others, policy: own.text }), ...publishing },
        need: { role: 'administrator' },
      })
      process.stdout.write(json === true ? `${JSON.stringify(study)}\n` : `created ${study.id}: ${line(study)}\n`)
    })
}

async function ownPolicy(file: string) {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) throw new WrongUsage(`--masking is safe-harbor, expert or a policy file: ${file} cannot be read.`)
  const { policy, problems } = readPolicy(text)
  if (policy === undefined)
    throw new WrongUsage(problems.map(({ line, path, message }) => `${file}:${line ?? 1} ${path}: ${message}`).join('\n'))
  return { text, label: policyLabel(policy), dates: yearsOnly(policy) ? ('years' as const) : ('shifted' as const) }
}

function fileCommand(act: 'diff' | 'apply'): Command {
  return new Command(act)
    .description(
      act === 'diff' ? 'what a study file would change' : 'create or change a study by a file; each change is a version of its own',
    )
    .argument('<file>', 'the study as JSON; what it leaves out stays as it is')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the changes as JSON')
    .action(async (file: string, flags: { url?: string; json?: boolean }) => {
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text === null) throw new WrongUsage(`${file} cannot be read.`)
      const client = await openClient({ url: flags.url })
      const json = jsonIn(text, file)
      const told = await client.json<StudyDiff>({ method: 'POST', path: `/study/api/v1/${act}`, json, need: { role: 'administrator' } })
      if (flags.json === true) return void process.stdout.write(`${JSON.stringify(told)}\n`)
      for (const { path, from, to } of told.changes) process.stdout.write(`${path}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}\n`)
      process.stdout.write(
        told.changes.length === 0 ? 'no change\n' : act === 'apply' ? `${told.study} is at version ${told.version}\n` : '',
      )
    })
}

function jsonIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new WrongUsage(`${file} is not JSON.`)
  }
}

function listCommand(): Command {
  return new Command('list')
    .description('studies within reach')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async (flags: { url?: string; json?: boolean }) => {
      const client = await openClient({ url: flags.url })
      const { studies } = await client.json<StudyList>({ path: '/study/api/v1/studies', need: { role: 'administrator' } })
      if (flags.json === true) process.stdout.write(`${JSON.stringify(studies)}\n`)
      else for (const study of studies) process.stdout.write(`${study.id.padEnd(16)}${line(study)}\n`)
    })
}

function line(study: StudyView): string {
  const consents = study.required.length === 0 ? 'no consent required' : `consents ${study.required.join(', ')}`
  const sites = study.sites.length === 0 ? 'no sites' : `sites ${study.sites.join(', ')}`
  return [study.name, study.kind, study.status, sites, consents, `masking ${study.maskingPolicy}`, `publish ${study.publish}`].join(' · ')
}
