import { Command } from 'commander'
import type { PipelineStatus, StageView, WaitResult } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { heldCommand } from './held.js'
import { leaksCommand } from './leaks.js'
import { replayCommand } from './replay.js'

interface Flags {
  study?: string
  url?: string
  json?: boolean
}

export function pipelineCommand(): Command {
  return new Command('pipeline')
    .description('how far what was written has come')
    .addCommand(statusCommand())
    .addCommand(waitCommand())
    .addCommand(replayCommand())
    .addCommand(heldCommand())
    .addCommand(leaksCommand())
}

function statusCommand(): Command {
  return new Command('status')
    .description('watermark and lag of every stage')
    .option('--study <id>', 'of one study (default: all together)')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      const query = { study: flags.study }
      const status = await client.json<PipelineStatus>({ path: '/pipeline/api/v1/status', query, need: needOf(flags) })
      process.stdout.write(flags.json === true ? `${JSON.stringify(status)}\n` : statusText(status))
    })
}

const waitSecondsDefault = 300

function waitCommand(): Command {
  return new Command('wait')
    .description('waits until all that was written before the call can be queried; a study with a schedule publishes at once')
    .option('--study <id>', 'of one study (default: of all)')
    .option('--timeout <seconds>', 'gives up after this long, with exit code 1', String(waitSecondsDefault))
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async (flags: Flags & { timeout: string }) => {
      const timeoutS = Number(flags.timeout)
      if (!(timeoutS >= 0 && timeoutS <= 86_400)) throw new WrongUsage('--timeout takes seconds, from 0 to 86400.')
      const client = await openClient({ url: flags.url })
      const json = { timeoutS, ...(flags.study === undefined ? {} : { study: flags.study }) }
      const waited = await client.json<WaitResult>({ method: 'POST', path: '/pipeline/api/v1/wait', json, need: needOf(flags) })
      if (flags.json === true) process.stdout.write(`${JSON.stringify(waited)}\n`)
      else if (waited.done) process.stdout.write(`all that was written can be queried (${seconds(waited.elapsedMs)})\n`)
      if (!waited.done)
        throw new CommandFailed(
          `Not everything could be queried after ${seconds(waited.elapsedMs)}; \`pipeline status\` tells what is behind.`,
        )
    })
}

const needOf = (flags: Flags) => ({ role: 'operator' as const, ...(flags.study === undefined ? {} : { studies: [flags.study] }) })

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function statusText(status: PipelineStatus): string {
  const head = `${status.study ?? 'all studies'}: ${status.ready ? 'ready' : 'not ready'}, snapshot ${status.snapshot ?? 'none yet'}, ${status.held} held back`
  return [
    head,
    `${'stage'.padEnd(12)}${'state'.padEnd(8)}${'lag'.padStart(9)}${'count'.padStart(12)}${'per second'.padStart(12)}`,
    ...status.stages.map(stageLine),
    '',
  ].join('\n')
}

function stageLine(stage: StageView): string {
  const lag = stage.lagMs === null ? '-' : seconds(stage.lagMs)
  const rate = stage.rate === null ? '-' : stage.rate.toFixed(1)
  const columns = [
    stage.stage.padEnd(12),
    stage.state.padEnd(8),
    lag.padStart(9),
    String(stage.count ?? '-').padStart(12),
    rate.padStart(12),
  ]
  return `${columns.join('')}${stage.detail === null ? '' : `  ${stage.detail}`}`
}
