import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { HeldGroups, HeldPreview, HeldRelease } from '@aquifer/core/contract'
import { builtInPolicies } from '@aquifer/core/masking'
import { openClient, type Need } from './client.js'
import { WrongUsage } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study?: string
  ids?: boolean
  url?: string
  json?: boolean
}

const base = '/pipeline/api/v1/held'
const deciding = (study: string): Need => ({ role: 'privacy-officer', studies: [study] })
const print = (flags: Flags, answer: object, text: () => string): void =>
  void process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : text())
const common = (command: Command): Command =>
  command.option('--study <id>', 'the study').option('--url <url>', 'address of the server').option('--json', 'as JSON')

export function heldCommand(): Command {
  return common(new Command('held'))
    .description('what of a study is held back from masking, by cause, and what to do about it')
    .option('--ids', 'with masked ids of the first resources of each cause, as a privacy officer')
    .addCommand(previewCommand())
    .addCommand(releaseCommand())
    .action(async (flags: Flags) => {
      const study = studyOf(flags)
      const client = await openClient({ url: flags.url })
      const need: Need = flags.ids === true ? deciding(study) : { role: 'operator', studies: [study] }
      const held = await client.json<HeldGroups>({ path: base, query: { study }, need })
      print(flags, held, () => groupsText(held))
    })
}

function previewCommand(): Command {
  return common(new Command('preview'))
    .description('how many of them another policy would let pass; nothing is stored')
    .requiredOption('--policy <policy>', `${Object.keys(builtInPolicies).join(', ')} or a policy file`)
    .action(async (_: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags & { policy: string }>()
      const study = studyOf(flags)
      const policy = Object.hasOwn(builtInPolicies, flags.policy) ? flags.policy : textOf(flags.policy)
      const client = await openClient({ url: flags.url })
      const call = { method: 'POST' as const, path: `${base}/preview`, json: { study, policy }, need: deciding(study) }
      const preview = await client.json<HeldPreview>(call)
      print(flags, preview, () => previewText(preview))
    })
}

function releaseCommand(): Command {
  return common(new Command('release'))
    .description('masks the study anew under its policy; what passes now is no longer held')
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .action(async (_: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Flags & { reason: string }>()
      const study = studyOf(flags)
      const client = await openClient({ url: flags.url })
      const call = { method: 'POST' as const, path: `${base}/release`, json: { study, reason: flags.reason }, need: deciding(study) }
      const released = await client.json<HeldRelease>(call)
      const told = `${released.rows} versions are masked anew, ${released.held} resources were held; \`pipeline wait\` ends when it is done\n`
      print(flags, released, () => told)
    })
}

// Given behind `held` or behind its own commands, an option is read by the first that knows it, so none of them can demand it.
function studyOf({ study }: Flags): string {
  if (study === undefined) throw new WrongUsage('--study says which study.')
  return study
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new WrongUsage(`There is no policy ${file}.`)
  }
}

const table = (names: readonly string[], rows: unknown[][]): string =>
  tableText({ columns: names.map((name) => ({ name, type: 'VARCHAR' })), rows })

function groupsText({ held, groups, rebuilding }: HeldGroups): string {
  const anew = rebuilding === null ? '' : `being masked anew: ${rebuilding.rows} of ${rebuilding.of} versions\n`
  if (held === 0) return `${anew}nothing is held back\n`
  const rows = groups.map(({ reason, detail, type, count, since }) => [reason, detail ?? '-', type, String(count), since ?? '-'])
  const remedies = [...new Map(groups.map(({ reason, remedy }) => [reason, remedy]))].map(([reason, remedy]) => `${reason}: ${remedy}\n`)
  const ids = groups.flatMap((group) => (group.ids === null ? [] : `${group.reason} ${group.type}: ${group.ids.join(' ')}\n`))
  return [anew, table(['reason', 'about', 'type', 'count', 'since'], rows), '\n', ...remedies, ...ids].join('')
}

function previewText({ policy, passes, stays, groups }: HeldPreview): string {
  const head = `under ${policy}: ${passes} would pass, ${stays} would stay held\n`
  if (groups.length === 0) return head
  const rows = groups.map(({ reason, detail, type, because, ...counts }) => {
    const why = because.map((each) => `${each.count} ${each.reason}${each.detail === null ? '' : ` (${each.detail})`}`).join(', ')
    return [reason, detail ?? '-', type, String(counts.passes), String(counts.stays), why === '' ? '-' : why]
  })
  return head + table(['held for', 'about', 'type', 'would pass', 'would stay', 'because'], rows)
}
