import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { auditHead, type AuditHead, type AuditHeadAnswer, type AuditVerification, type JobView } from '@aquifer/core/contract'
import { openClient, type Client } from './client.js'
import { CommandFailed } from './failure.js'
import { openProgress } from './progress.js'

const pollMs = 200
const operator = { role: 'operator' } as const

export function auditCommand(): Command {
  return new Command('audit').description('proves that the audit trail is whole').addCommand(verifyCommand()).addCommand(headCommand())
}

interface VerifyFlags {
  head?: string
  url?: string
  json?: boolean
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('finds records that were changed, removed, inserted or moved, and a tail that was cut; exit 1 when anything was found')
    .option('--head <file>', 'a head kept elsewhere (from `audit head`): the chain has to hold it')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the findings as JSON')
    .action(async (flags: VerifyFlags) => {
      const head = flags.head === undefined ? undefined : await headIn(flags.head)
      const client = await openClient({ url: flags.url })
      const json = head === undefined ? {} : { head }
      const job = await client.json<JobView>({ method: 'POST', path: '/audit/api/v1/verifications', json, need: operator })
      const ended = await followJob(client, job, 'verifying')
      if (ended.state !== 'done') throw new CommandFailed(ended.problem ?? `The verification is ${ended.state}.`)
      tell(ended.result as AuditVerification, flags)
    })
}

function tell(found: AuditVerification, flags: { json?: boolean }): void {
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : verificationText(found))
  if (!found.whole) process.exitCode = 1
}

/** Waits for a job's end and shows how far it is. */
async function followJob(client: Client, started: JobView, what: string): Promise<JobView> {
  const bar = openProgress(what, 1)
  let job = started
  while (job.state === 'queued' || job.state === 'running') {
    await sleep(pollMs)
    job = await client.json<JobView>({ path: `/jobs/api/v1/${job.id}`, need: operator })
    bar.update(job.progress ?? 0)
  }
  bar.end()
  return job
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
