import { parentPort } from 'node:worker_threads'
import { Command } from 'commander'
import { readConfig, readEnvironment, serverRoles, settings, type Config, type Overrides } from '../config/index.js'
import { openBackgroundLeases, openPlatform, type BackgroundLeases, type Platform, type PlatformOptions } from '../platform.js'
import { CannotStart, PostgresInUse } from '../storage/index.js'
import { CommandFailed, WrongUsage } from './failure.js'

export interface ServeFlags extends Overrides {
  json?: boolean
}

/** Options of every command that runs a server. */
export function withServeOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data folder (default .aquifer)')
    .option('--host <host>', 'address to listen on (default 127.0.0.1)')
    .option('--port <port>', 'port to listen on (default 8080; 0 picks a free one)')
    .option('--database-url <url>', 'a PostgreSQL of your own instead of the embedded one')
    .option('--roles <roles>', `which parts run here: ${serverRoles.join(',')}`)
    .option('--workers <n>', 'threads that read, check and index large Bundles and imports; worth it on more than 2 cores (default 0)')
}

export function serveCommand(): Command {
  const told = settings.map(({ name, means }) => `  ${name.padEnd(26)}${means}`).join('\n')
  return withServeOptions(new Command('serve'))
    .description('the platform in one process tree; prints "ready http://HOST:PORT" when it takes work, and drains on SIGTERM')
    .addHelpText('after', `\nSettings:\n${told}`)
    .action(async (flags: ServeFlags) => {
      await serve(configFrom(flags))
    })
}

/** Opens the platform again, with other roles, whenever processes on the same database have agreed on others. */
async function serve(config: Config): Promise<void> {
  const stopped = stopAsked().then(() => true)
  let leases: BackgroundLeases | null = null
  try {
    leases = await mendable(config, openBackgroundLeases(config))
    let port = config.port
    for (let isFirst = true, isOver = false; !isOver; isFirst = false) {
      const term = leases?.term()
      const platform = await startPlatform({ ...config, port, roles: term?.roles ?? config.roles }, term)
      // Whoever knows the address finds it there again.
      if (port === 0) port = Number(new URL(platform.url).port)
      if (isFirst) {
        await tellFirstStart(platform)
        process.stdout.write(`ready ${platform.url}\n`)
      }
      isOver = await Promise.race([stopped, ...(term === undefined ? [] : [term.over.then(() => false)])])
      await platform.close()
    }
  } finally {
    await leases?.close()
    parentPort?.unref()
  }
}

export function configFrom(flags: ServeFlags): Config {
  const config = readConfig(readEnvironment(), flags)
  if (!('faults' in config)) return config
  const own = readConfig(readEnvironment())
  const settled = 'faults' in own ? own.faults : []
  const flagged = config.faults.filter((fault) => !settled.includes(fault))
  if (flagged.length === 0) throw new CommandFailed(config.faults.join('; '))
  throw new WrongUsage(
    flagged.map((fault) => fault.replace(/^AQUIFER_([A-Z]+)\b/, (_all, name: string) => `--${name.toLowerCase()}`)).join('; '),
  )
}

/** Opens and listens; what a person can mend is told in one line. */
export async function startPlatform(config: Config, term?: PlatformOptions['term']): Promise<Platform> {
  const platform = await mendable(config, openPlatform(config, term === undefined ? {} : { term }))
  try {
    await platform.listen()
  } catch (error) {
    await platform.close()
    throw new CommandFailed(listenFault(config, error as NodeJS.ErrnoException))
  }
  return platform
}

function mendable<T>(config: Config, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    if (error instanceof PostgresInUse)
      throw new CommandFailed(`The data folder ${config.dataDir} is in use by another server; stop it, or choose another by --data.`)
    if (error instanceof CannotStart) throw new CommandFailed(error.message)
    throw error
  })
}

/** A server without people has no password either: whoever can read its output or its folder makes the first administrator. */
async function tellFirstStart(platform: Platform): Promise<void> {
  const first = await platform.identity.firstStart()
  if (first === null) return
  process.stderr.write(
    first.code === null
      ? `there is no administrator yet; the code for the first one is in ${first.file}\n`
      : `no administrator yet: aquifer user first-administrator NAME --code ${first.code}\n`,
  )
}

function listenFault(config: Config, error: NodeJS.ErrnoException): string {
  const place = `${config.host}:${config.port}`
  if (error.code === 'EADDRINUSE')
    return `Port ${config.port} on ${config.host} is taken: choose another by --port, or --port 0 for a free one.`
  if (error.code === 'EACCES') return `This user may not listen on ${place}: choose a port above 1023 by --port.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `${config.host} is no address of this machine: choose another by --host.`
  return `The server cannot listen on ${place} (${error.code ?? 'unknown'}).`
}

/** Says that it is ready, then waits for a signal and drains. */
export async function runUntilStopped(platform: Platform): Promise<void> {
  const stopped = stopAsked()
  process.stdout.write(`ready ${platform.url}\n`)
  await stopped
  await platform.close()
  parentPort?.unref()
}

function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    // In the thread of roomy-thread.ts the signals of the process arrive as messages.
    parentPort?.once('message', () => resolve())
    if (parentPort === null) for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
