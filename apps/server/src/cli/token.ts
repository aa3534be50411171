import { Command, InvalidArgumentError, Option } from 'commander'
import { roles, type Role } from '@aquifer/core/access'
import { durationMs } from '@aquifer/core/time'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'

interface Flags {
  role: Role
  user?: string
  study: string[]
  site: string[]
  patient?: string
  ttl: number
  url?: string
  json?: boolean
}

const collect = (value: string, all: string[]): string[] => [...all, ...value.split(',').filter((part) => part !== '')]

export function tokenCommand(): Command {
  return new Command('token')
    .description('on the server’s own machine: a bearer token, audited under your name')
    .addOption(new Option('--role <role>', 'the role it carries').choices(roles).makeOptionMandatory())
    .option('--user <name>', 'an existing user; without it a local service account with exactly this grant')
    .option('--study <id...>', 'studies it reaches (default: all)', collect, [])
    .option('--site <id...>', 'sites it reaches (default: all of the studies)', collect, [])
    .option('--patient <id>', 'the one person it stands for')
    .option('--ttl <span>', 'how long it holds, such as 15m or 1h', ttlSeconds, 3600)
    .option('--url <url>', 'address of the server')
    .option('--json', 'the answer as JSON')
    .action(async (flags: Flags) => {
      const client = await openClient({ url: flags.url })
      if (!client.mints) throw new CommandFailed('AQUIFER_TOKEN is set: unset it to mint tokens with the secret of the data folder.')
      const token = await client.token({
        role: flags.role,
        ...(flags.user === undefined ? {} : { user: flags.user }),
        ...(flags.study.length === 0 ? {} : { studies: flags.study }),
        ...(flags.site.length === 0 ? {} : { sites: flags.site }),
        ...(flags.patient === undefined ? {} : { patient: flags.patient }),
        ttlS: flags.ttl,
      })
      process.stdout.write(flags.json === true ? `${JSON.stringify(token)}\n` : `${token.access_token}\n`)
    })
}

function ttlSeconds(text: string): number {
  const span = durationMs(text)
  if (span === null || span < 1000 || span > 366 * 86_400_000) throw new InvalidArgumentError('a span such as 15m, 1h or 7d')
  return span / 1000
}
