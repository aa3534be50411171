import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { readConfig } from '../../config/index.js'
import { measureGovernance, openPlatform, type Round, type Took } from '../../platform.js'
import { CommandFailed } from '../failure.js'
import type { BenchFlags } from './command.js'

const rounds = 9

/** What access, consent and audit take of writing, by leaving them out every other time. */
export async function governanceBench(flags: BenchFlags): Promise<Record<string, unknown>> {
  const patients = Number(flags.patients)
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'aquifer-bench-'))
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data: dataDir, port: '0', roles: 'api' })
  if ('faults' in config) throw new CommandFailed(config.faults.join('; '))
  const platform = await openPlatform(config)
  try {
    const measured = await measureGovernance(platform, { patients, rounds })
    return {
      data: { source: `generated, ${patients} people a round and way`, rounds },
      import: figuresOf(measured, 'import'),
      singleWrites: figuresOf(measured, 'writes'),
    }
  } finally {
    await platform.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function figuresOf(measured: readonly Round[], part: keyof Round['governed']): Record<string, unknown> {
  const msOf = (lane: keyof Round, of: keyof Took): number => median(measured.map((round) => round[lane][part][of]))
  const share = (of: keyof Took) => ({
    // Of medians, not the median of shares: one round disturbed by the machine weighs nothing.
    whole: percent(1 - msOf('ungoverned', of) / msOf('governed', of)),
    rounds: measured.map((round) => percent(1 - round.ungoverned[part][of] / round.governed[part][of])),
  })
  const perSecond = (lane: keyof Round): number => Math.round(1000 / msOf(lane, 'wall'))
  return {
    resourcesPerSecond: { governed: perSecond('governed'), ungoverned: perSecond('ungoverned') },
    shareOfTime: share('wall'),
    shareOfServerCpu: share('cpu'),
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`
