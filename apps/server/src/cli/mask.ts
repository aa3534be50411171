import { availableParallelism } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { Command } from 'commander'
import { builtInPolicies, policyLabel } from '@aquifer/core/masking'
import { LineTooLong, maskStream, randomMaskingKey, readMaskingKey, type HeldLine, type StreamSummary } from '../masking/index.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { policyNamed, textOf } from './policy/policy-file.js'

interface Flags {
  policy: string
  keyFile?: string
  displays?: string
  json?: boolean
}

export interface MaskStreams {
  input: Readable
  out: Writable
  log: Writable
}

const standardStreams = (): MaskStreams => ({ input: process.stdin, out: process.stdout, log: process.stderr })

export function maskCommand(streams: () => MaskStreams = standardStreams): Command {
  return new Command('mask')
    .description('a filter: NDJSON of resources in, NDJSON of masked resources out, in the same order; needs no server')
    .option('--policy <policy>', `${Object.keys(builtInPolicies).join(', ')} or a policy file`, 'safe-harbor')
    .option('--key-file <file>', 'key of pseudonyms and shifts; without it a random one for this run')
    .option('--displays <file>', 'dictionary of displays: JSON objects with system, code and text; without it displays are removed')
    .option('--json', 'the summary on stderr as JSON')
    .addHelpText(
      'after',
      '\nA resource is held back, with line number and reason on stderr and exit code 1, where removing would change its meaning.',
    )
    .action(async (flags: Flags) => {
      const policy = policyNamed(flags.policy)
      const key = flags.keyFile === undefined ? randomMaskingKey() : keyOf(flags.keyFile)
      const displays = flags.displays === undefined ? null : displaysOf(flags.displays)
      const settings = { policy, key, displays, asOfYear: new Date().getUTCFullYear() }
      const { input, out, log } = streams()
      const heldLines: HeldLine[] = []
      const onHeld = (held: HeldLine): void => {
        if (flags.json === true) heldLines.push(held)
        else log.write(`line ${held.line}: ${held.inside ? 'a resource inside held back' : 'held back'}: ${held.reason}\n`)
      }
      const summary = await maskAll(input, out, settings, onHeld)
      if (summary === null) return
      const label = policyLabel(policy)
      log.write(flags.json === true ? `${JSON.stringify({ policy: label, ...summary, heldLines })}\n` : summaryText(label, summary))
      if (summary.held > 0 || summary.heldInside > 0) process.exitCode = 1
    })
}

async function maskAll(
  input: Readable,
  out: Writable,
  settings: Parameters<typeof maskStream>[2],
  onHeld: (held: HeldLine) => void,
): Promise<StreamSummary | null> {
  const broken = new Promise<never>((_, reject) => out.once('error', reject))
  try {
    return await Promise.race([maskStream(input, out, settings, { threads: availableParallelism(), onHeld }), broken])
  } catch (error) {
    if (error instanceof LineTooLong) throw new CommandFailed(error.message)
    const code = (error as NodeJS.ErrnoException | null)?.code
    // The reader has had enough, as `head` has: nothing is wrong.
    if (code === 'EPIPE') return null
    throw code === undefined ? error : new CommandFailed(`the stream broke off (${code})`)
  }
}

function summaryText(label: string, { resources, held, heldInside, removed }: StreamSummary): string {
  const inside = heldInside > 0 ? ` and ${heldInside} inside others` : ''
  return (
    `${label}: ${resources - held} resources masked, ${held} held back${inside}\n` +
    `removed: ${removed.identifying} identifying, ${removed.unknownElements} unknown elements, ${removed.wrongShapes} wrong-shaped, ` +
    `${removed.unlistedExtensions} extensions not listed, ${removed.modifiedElements} with an unknown modifier; ` +
    `${removed.requiredElements} required elements told as masked\n`
  )
}

function keyOf(file: string): Uint8Array {
  let key: Uint8Array | null
  try {
    key = readMaskingKey(file)
  } catch {
    throw new WrongUsage(`There is no key file ${file}.`)
  }
  if (key === null) throw new WrongUsage(`The key in ${file} is shorter than 16 bytes.`)
  return key
}

function displaysOf(file: string): ReadonlyMap<string, string> {
  const text = textOf(file, 'dictionary').trim()
  let entries: unknown[]
  try {
    entries = text.startsWith('[') ? (JSON.parse(text) as unknown[]) : text.split('\n').map((line) => JSON.parse(line) as unknown)
  } catch {
    throw new WrongUsage(`${file} is neither a JSON array nor a JSON object a line.`)
  }
  return new Map(
    entries.map((entry, index) => {
      const { system, code, text } = (entry ?? {}) as Record<string, unknown>
      if (typeof system !== 'string' || typeof code !== 'string' || typeof text !== 'string') {
        throw new WrongUsage(`${file}: entry ${index + 1} needs system, code and text.`)
      }
      return [`${system}|${code}`, text] as const
    }),
  )
}
