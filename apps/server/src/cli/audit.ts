import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import {
  auditHead,
  exportFormats,
  type AuditExportManifest,
  type AuditHead,
  type AuditHeadAnswer,
  type AuditVerification,
  type JobView,
} from '@aquifer/core/contract'
import { verifyFile } from '../platform.js'
import { openClient, resultOf, type Need } from './client.js'
import { CommandFailed } from './failure.js'
import { followJob } from './follow-job.js'

const operator = { role: 'operator' } as const

export function auditCommand(): Command {
  return new Command('audit')
    .description('proves that the audit trail is whole; reports of it')
    .addCommand(verifyCommand())
    .addCommand(exportCommand())
    .addCommand(headCommand())
}

interface VerifyFlags {
  head?: string
  file?: string
  key?: string
  url?: string
  json?: boolean
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('finds records that were changed, removed, inserted or moved, and a tail that was cut; exit 1 when anything was found')
    .option('--head <file>', 'a head kept elsewhere (from `audit head`): the chain has to hold it')
    .option('--file <file>', 'an exported trail (`audit export --format trail`): no server is needed')
    .option('--key <file>', 'with --file: the public key that the server handed out, else the one in the file')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the findings as JSON')
    .action(async (flags: VerifyFlags) => {
      const head = flags.head === undefined ? undefined : await headIn(flags.head)
      if (flags.file !== undefined) return tell(await offline(flags.file, flags.key, head), flags)
      const client = await openClient({ url: flags.url })
      const json = head === undefined ? {} : { head }
      const job = await client.json<JobView>({ method: 'POST', path: '/audit/api/v1/verifications', json, need: operator })
      const ended = await followJob(client, job, 'verifying', operator)
      if (ended.state !== 'done') throw new CommandFailed(ended.problem ?? `The verification is ${ended.state}.`)
      return tell(ended.result as AuditVerification, flags)
    })
}

async function offline(file: string, keyFile: string | undefined, head: AuditHead | undefined): Promise<AuditVerification> {
  const publicKey = keyFile === undefined ? null : await readFile(keyFile, 'utf8').catch(() => '')
  if (publicKey === '') throw new CommandFailed(`${keyFile ?? ''} cannot be read.`)
  const found = await verifyFile(file, { publicKey, heads: head === undefined ? [] : [head] }).catch(() => null)
  if (found === null) throw new CommandFailed(`${file} is no exported trail, or the key is none.`)
  if (publicKey === null) process.stderr.write('checked with the key in the file itself: --key with one you trust proves who wrote it\n')
  return found
}

interface ExportFlags {
  format: (typeof exportFormats)[number]
  study?: string
  from?: string
  to?: string
  person?: string
  out?: string
  url?: string
  json?: boolean
}

function exportCommand(): Command {
  return new Command('export')
    .description('a Part 11 report of the trail (csv, json, pdf), or the trail itself for verification offline')
    .addOption(new Option('--format <format>', 'csv, json, pdf or trail').choices(exportFormats).default('csv'))
    .option('--study <id>', 'of one study')
    .option('--from <time>', 'from this day, or instant in UTC')
    .option('--to <time>', 'through this day, or before this instant')
    .option('--person <id>', 'what concerns one Patient')
    .option('--out <file>', 'where to write it (default: the name the server gives)')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the manifest as JSON')
    .action(async ({ out, url, json, ...asked }: ExportFlags) => {
      const client = await openClient({ url })
      const need: Need = { role: 'auditor', ...(asked.study === undefined ? {} : { studies: [asked.study] }) }
      const job = await client.json<JobView>({ method: 'POST', path: '/audit/api/v1/exports', json: asked, need })
      const ended = await followJob(client, job, 'exporting', need)
      if (ended.state !== 'done') throw new CommandFailed(ended.problem ?? `The export is ${ended.state}.`)
      const manifest = ended.result as AuditExportManifest
      const reply = await client.send({ path: `/audit/api/v1/exports/${job.id}/file`, need })
      if (reply.status >= 400) resultOf(reply)
      const file = out ?? manifest.file
      await writeFile(file, reply.body, { mode: 0o600 })
      const told = `${file}: ${manifest.rows} records, ${manifest.bytes} bytes, sha256 ${manifest.sha256}\n`
      process.stdout.write(json === true ? `${JSON.stringify(manifest)}\n` : told)
    })
}

function tell(found: AuditVerification, flags: { json?: boolean }): void {
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : verificationText(found))
  if (!found.whole) process.exitCode = 1
}

async function headIn(file: string): Promise<AuditHead> {
  const text = await readFile(file, 'utf8').catch(() => null)
  const head = auditHead.safeParse(text === null ? null : parsed(text))
  if (!head.success) throw new CommandFailed(`${file} holds no head of a trail.`)
  return head.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function verificationText(found: AuditVerification): string {
  const { head } = found
  const chain =
    head === null ? 'nothing sealed yet' : `${found.blocks} blocks to position ${head.position}, the last of ${head.at}, key ${head.kid}`
  const lines = [
    found.whole ? 'The trail is whole.' : 'The trail is NOT whole.',
    `${found.records} records: ${found.proven} proven, ${found.unsealed} not sealed yet${found.withheld > 0 ? `, ${found.withheld} left out of the file` : ''}`,
    chain,
    ...(found.takenOver > 0 ? [`${found.takenOver} records are from before the server marked any`] : []),
    ...Object.entries(found.counts).map(([kind, count]) => `${kind}: ${count}`),
    ...found.findings.map(findingLine),
  ]
  return `${lines.join('\n')}\n`
}

function findingLine({ kind, record, position, block, says }: AuditVerification['findings'][number]): string {
  const place = [
    record === null ? '' : `record ${record}`,
    position === null ? '' : `position ${position}`,
    block === null ? '' : `block ${block}`,
  ].filter((part) => part !== '')
  return `  ${kind.padEnd(14)}${place.join(', ')}: ${says}`
}

function headCommand(): Command {
  return new Command('head')
    .description('the newest signed block with the public key: keep it where nobody who can write to the server can')
    .option('--url <url>', 'address of the server')
    .action(async (flags: { url?: string }) => {
      const client = await openClient({ url: flags.url })
      const head = await client.json<AuditHeadAnswer>({ path: '/audit/api/v1/head', need: operator })
      process.stdout.write(`${JSON.stringify(head)}\n`)
    })
}
