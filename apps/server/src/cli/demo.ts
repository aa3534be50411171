import { Command, InvalidArgumentError } from 'commander'
import { DemoFailed, fillDemo, isLoopback, type DemoProgress, type DemoSignIn } from '../platform.js'
import { CommandFailed } from './failure.js'
import { openProgress, type Progress } from './progress.js'
import { configFrom, runUntilStopped, startPlatform, withServeOptions, type ServeFlags } from './serve.js'

// Known to everybody, which is why these users exist only where nobody but this machine can reach the server.
const demoPassword = 'aquifer-demo'
const patientsDefault = 300

export function demoCommand(): Command {
  return withServeOptions(new Command('demo'))
    .description('serve a data folder filled with two generated studies and their users; a second start reuses it')
    .option('--patients <n>', 'how many people', wholePatients, patientsDefault)
    .action(async (flags: ServeFlags & { patients: number }) => {
      const config = configFrom(flags)
      if (!isLoopback(config.host))
        throw new CommandFailed('The demo has users with a known password, so it listens on loopback only: leave --host out.')
      const platform = await startPlatform(config)
      try {
        const users = await fillDemo(platform, { patients: flags.patients, password: demoPassword, progress: shown(flags.patients) })
        process.stderr.write(usersText(users))
      } catch (error) {
        await platform.close()
        throw error instanceof DemoFailed ? new CommandFailed(error.message) : error
      }
      await runUntilStopped(platform)
    })
}

function shown(patients: number): DemoProgress {
  let bar: Progress | null = null
  return {
    begins: (dataDir) => process.stderr.write(`filling ${dataDir} with a demo of ${patients} people\n`),
    person(count) {
      bar ??= openProgress('people', patients)
      bar.update(count)
    },
    publishes() {
      bar?.end()
      process.stderr.write('publishing the masked data\n')
    },
  }
}

function usersText(users: readonly DemoSignIn[]): string {
  const rows = users.map(
    ({ user, name, role, studies }) =>
      `  ${user.padEnd(8)}${role.padEnd(18)}${(studies === 'all' ? 'all' : studies.join(', ')).padEnd(16)}${name}\n`,
  )
  return `demo users, password ${demoPassword}:\n${rows.join('')}`
}

function wholePatients(text: string): number {
  const patients = Number(text)
  if (!/^\d+$/.test(text) || patients < 10 || patients > 100_000) throw new InvalidArgumentError('a whole number from 10 to 100000')
  return patients
}
