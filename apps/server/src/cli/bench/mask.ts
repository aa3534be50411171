import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { generateBundles } from '@aquifer/core/generate'
import { builtInPolicies } from '@aquifer/core/masking'
import type { Policy } from '@aquifer/core/masking'
import { openMaskingPool } from '../../masking/index.js'
import { CommandFailed, WrongUsage } from '../failure.js'
import type { BenchFlags } from './command.js'
import { interpret } from './interpreter.js'

// The first ones warm the compiled policy up.
const rounds = 6
const pieceBytes = 1024 * 1024

/** One thread, NDJSON of single resources in and out, parsing and writing included. */
export async function maskBench(flags: BenchFlags): Promise<Record<string, unknown>> {
  const policy = builtInPolicies[flags.masking]
  if (policy === undefined) throw new WrongUsage(`--masking is one of ${Object.keys(builtInPolicies).join(', ')}`)
  const { bytes, resources } = await resourceLines(flags)
  if (resources === 0) throw new CommandFailed('There is nothing to mask.')
  const runs: { seconds: number; cpuSeconds: number }[] = []
  const pool = openMaskingPool({ threads: 1 })
  for (let round = 0; round < rounds; round += 1) {
    const lines = pool.forLines({ policy, key: randomBytes(32), asOfYear: new Date().getUTCFullYear(), displays: null })
    const cpu = process.cpuUsage()
    const started = performance.now()
    let under: Promise<unknown> = Promise.resolve()
    for (const piece of piecesOf(bytes)) {
      // The thread gives what it is handed away, and has the next piece waiting when it is done with one.
      const masked = lines.mask(Uint8Array.from(piece), 1)
      await under
      under = masked
    }
    await under
    const { user, system } = process.cpuUsage(cpu)
    runs.push({ seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 })
    lines.close()
  }
  await pool.close()
  const interpreted = interpreterCost(bytes, policy)
  const MB = bytes.length / 1e6
  return {
    data: { source: flags.data ?? `generated, ${flags.patients} people`, resources, MB: Math.round(MB * 10) / 10 },
    policy: flags.masking,
    threads: 1,
    interpreterResourcesPerCpuSecond: Math.round(resources / interpreted),
    runs: runs.map(({ seconds, cpuSeconds }) => ({
      seconds: Math.round(seconds * 100) / 100,
      MBPerSecond: Math.round((MB / seconds) * 10) / 10,
      MBPerCpuSecond: Math.round((MB / cpuSeconds) * 10) / 10,
      resourcesPerSecond: Math.round(resources / seconds),
      resourcesPerCpuSecond: Math.round(resources / cpuSeconds),
    })),
  }
}

/** CPU seconds of looking every path up instead, the better of two rounds. */
function interpreterCost(bytes: Buffer, policy: Policy): number {
  const lines = bytes.toString('utf8').trimEnd().split('\n')
  const costs = [0, 1].map(() => {
    const cpu = process.cpuUsage()
    if (interpret(lines, policy) === 0) throw new CommandFailed('There is nothing to mask.')
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1e6
  })
  return Math.min(...costs)
}

/** Whole lines, about as much at a time as the pipeline takes. */
function* piecesOf(bytes: Buffer): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0x0a, Math.min(bytes.length - 1, from + pieceBytes))
    yield bytes.subarray(from, end + 1)
    from = end + 1
  }
}

async function resourceLines(flags: BenchFlags): Promise<{ bytes: Buffer; resources: number }> {
  const lines: Buffer[] = []
  for await (const bundle of bundlesOf(flags)) {
    // A line is a Bundle, or a resource by itself.
    for (const { resource } of bundle.entry ?? [{ resource: bundle }]) lines.push(Buffer.from(`${JSON.stringify(resource)}\n`))
  }
  return { bytes: Buffer.concat(lines), resources: lines.length }
}

interface AnyBundle {
  entry?: readonly { resource: unknown }[]
}

async function* bundlesOf(flags: BenchFlags): AsyncGenerator<AnyBundle> {
  if (flags.data === undefined) {
    yield* generateBundles({ patients: Number(flags.patients), seed: 'bench' }) as Iterable<AnyBundle>
    return
  }
  const file: Readable = createReadStream(flags.data)
  const input = flags.data.endsWith('.gz') ? file.pipe(createGunzip()) : file
  for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line.trim() !== '') yield JSON.parse(line) as AnyBundle
}
