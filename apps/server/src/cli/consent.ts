import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { withdrawalActs, type SignedCertificate } from '@aquifer/core/consent'
import type { WithdrawalList, WithdrawalPreview, WithdrawalView } from '@aquifer/core/contract'
import { verifyCertificate } from '../erasure/index.js'
import { openClient, type Client, type Need } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { participantCommands } from './participants.js'

interface Flags {
  study: string
  patient?: string
  subject?: string
  act?: string
  reason?: string
  evidence?: string
  wait?: boolean
  url?: string
  json?: boolean
}

const pollMs = 500
const path = (study: string, more = ''): string => `/consent/api/v1/studies/${encodeURIComponent(study)}/withdrawals${more}`
const manager = (study: string): Need => ({ role: 'study-manager', studies: [study] })
const print = (text: string): void => void process.stdout.write(`${text}\n`)

export function consentCommand(): Command {
  const command = new Command('consent').description('withdrawals, and the log of a study’s participants')
  for (const child of [previewCommand(), withdrawCommand(), statusCommand(), certificateCommand(), ...participantCommands()])
    command.addCommand(child)
  return command
}

const ofPerson = (command: Command): Command =>
  command
    .requiredOption('--study <id>', 'the study')
    .option('--patient <id>', 'id of the Patient')
    .option('--subject <number>', 'or the subject number, such as HARBOR-00012')
    .addOption(new Option('--act <act>', 'what the person asks for (default: that of the study’s kind)').choices(withdrawalActs))
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')

function whoIn({ patient, subject, act }: Flags): Record<string, string> {
  if ((patient === undefined) === (subject === undefined)) throw new WrongUsage('Name the person by --patient or by --subject.')
  return {
    ...(patient === undefined ? {} : { patient }),
    ...(subject === undefined ? {} : { subject }),
    ...(act === undefined ? {} : { act }),
  }
}

function previewCommand(): Command {
  return ofPerson(new Command('preview').description('what a withdrawal would touch, and what is kept')).action(async (flags: Flags) => {
    const client = await openClient({ url: flags.url })
    const json = whoIn(flags)
    const preview = await client.json<WithdrawalPreview>({
      method: 'POST',
      path: path(flags.study, '/preview'),
      json,
      need: manager(flags.study),
    })
    if (flags.json === true) return print(JSON.stringify(preview))
    print(`${preview.subject} · ${preview.act} (allowed: ${preview.allowed.join(', ')}) · about ${seconds(preview.expectedMs)}`)
    for (const { store, effect, counts } of preview.stores) print(`  ${store.padEnd(12)} ${effect.padEnd(9)} ${countsOf(counts)}`)
    for (const kept of preview.kept) print(`  kept: ${kept}`)
  })
}

function withdrawCommand(): Command {
  return ofPerson(new Command('withdraw').description('withdraw one person: in force at once, then carried through all stores'))
    .requiredOption('--reason <text>', 'why, as it is audited (at most 255 ASCII characters)')
    .requiredOption('--evidence <text>', 'what proves the person’s word, such as a letter')
    .option('--no-wait', 'do not wait for the stores')
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const json = { ...whoIn(flags), reason: flags.reason, evidence: flags.evidence }
      const begun = await client.json<WithdrawalView>({ method: 'POST', path: path(flags.study), json, need: manager(flags.study) })
      const ended = flags.wait === false ? begun : await untilEnded(client, flags.study, begun)
      show(ended, flags.json)
      if (ended.state === 'failed') throw new CommandFailed(ended.problem ?? 'The withdrawal failed.')
    })
}

async function untilEnded(client: Client, study: string, begun: WithdrawalView): Promise<WithdrawalView> {
  let view = begun
  while (view.state === 'requested' || view.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    view = await client.json<WithdrawalView>({ path: path(study, `/${view.id}`), need: manager(study) })
    const done = view.steps.filter(({ state }) => state === 'done').length
    process.stderr.write(`${done} of ${view.steps.length} stores\n`)
  }
  return view
}

function statusCommand(): Command {
  return new Command('status')
    .description('withdrawals of a study, or one of them with its steps')
    .argument('[withdrawal]', 'id of one')
    .requiredOption('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async (id: string | undefined, flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const need = manager(flags.study)
      if (id !== undefined) return show(await client.json<WithdrawalView>({ path: path(flags.study, `/${id}`), need }), flags.json)
      const { withdrawals } = await client.json<WithdrawalList>({ path: path(flags.study), need })
      if (flags.json === true) print(JSON.stringify(withdrawals))
      else for (const each of withdrawals) print(`${each.id}  ${each.subject}  ${each.act.padEnd(8)}  ${each.state}  ${each.requestedAt}`)
    })
}

function certificateCommand(): Command {
  const command = new Command('certificate')
    .description('the signed certificate of a finished withdrawal')
    .argument('[withdrawal]', 'id of the withdrawal')
    .option('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .action(async (id: string | undefined, flags: Flags) => {
      if (id === undefined || (flags.study as string | undefined) === undefined)
        throw new WrongUsage('Name the withdrawal and its study: aquifer consent certificate ID --study S')
      const client = await openClient({ url: flags.url })
      print(
        JSON.stringify(await client.json<SignedCertificate>({ path: path(flags.study, `/${id}/certificate`), need: manager(flags.study) })),
      )
    })
  return command.addCommand(verifyCommand())
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('checks a certificate without a server')
    .argument('<file>', 'the certificate as JSON')
    .option('--key <file>', 'public key of the server that must have signed it (PEM); without it the key in the certificate counts')
    .action(async (file: string, flags: { key?: string }) => {
      const text = await readFile(file, 'utf8').catch(() => null)
      const trusted = flags.key === undefined ? null : await readFile(flags.key, 'utf8').catch(() => null)
      if (text === null || (flags.key !== undefined && trusted === null)) throw new WrongUsage('The file cannot be read.')
      const fault = verifyCertificate(jsonOf(text), trusted)
      if (fault !== null) throw new CommandFailed(fault)
      const { certificate, signature } = JSON.parse(text) as SignedCertificate
      const { subject, act, finishedAt, steps } = certificate
      print(`genuine: ${subject} ${act}, finished ${finishedAt}, ${steps.length} stores; key ${signature.keyId}`)
      if (trusted === null)
        process.stderr.write('The key came with the certificate: compare its id with that of the server, or pass --key.\n')
    })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function show(view: WithdrawalView, json: boolean | undefined): void {
  if (json === true) return print(JSON.stringify(view))
  print(`${view.id}  ${view.subject}  ${view.act}  ${view.state}`)
  for (const { store, effect, state, counts } of view.steps)
    print(`  ${store.padEnd(12)} ${effect.padEnd(9)} ${state.padEnd(8)} ${countsOf(counts)}`)
}

const countsOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')
const seconds = (ms: number): string => `${Math.max(1, Math.round(ms / 1000))} s`
