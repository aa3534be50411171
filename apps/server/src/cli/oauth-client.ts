import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { roles } from '@aquifer/core/access'
import type { CertificateSubject, ClientList, ClientView } from '@aquifer/core/contract'
import { durationMs } from '@aquifer/core/time'
import { openClient } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'

interface Common {
  url?: string
  json?: boolean
}
interface AddFlags extends Common {
  display?: string
  jwks?: string
  role?: string
  study: string[]
  site: string[]
  person: string[]
  certificateCn?: string
  certificateOu?: string
  redirect: string[]
  ttl?: number
}

const need = { role: 'administrator' } as const
const listed = (value: string, all: string[]): string[] => [...all, ...value.split(',').filter((part) => part !== '')]
const common = (command: Command): Command => command.option('--url <url>', 'address of the server').option('--json', 'the answer as JSON')

export function clientCommand(): Command {
  return new Command('client')
    .description('headless clients, which come in by keys or certificates, and programs that sign people in')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(statusCommand('disable', 'disabled', 'end a client and its tokens at once'))
    .addCommand(statusCommand('enable', 'active', 'let a disabled client in again'))
    .addCommand(clientKeysCommand())
    .addCommand(keysCommand())
}

function addCommand(): Command {
  return common(new Command('add'))
    .description('register a client (SMART Backend Services: private_key_jwt, RS384 or ES384; or mutual TLS)')
    .argument('<name>', 'letters, digits and . _ -')
    .option('--display <name>', 'what people call it')
    .option('--jwks <file or url>', 'its public keys; an address must be https, or on loopback')
    .option('--certificate-cn <name>', 'beside keys or instead of them: CN in the subject of its client certificate')
    .option('--certificate-ou <name>', 'and OU; both must match')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles))
    .option('--study <id...>', 'studies it reaches; * for all', listed, [])
    .option('--site <id...>', 'sites it reaches (default: all of the studies)', listed, [])
    .option('--person <id...>', 'the person a device stands for', listed, [])
    .option('--redirect <url...>', 'instead of keys and role: a program that signs people in, and where they come back', listed, [])
    .option('--ttl <span>', 'how long the registration holds, such as 90d (default: until disabled)', ttlSeconds)
    .action(async (name: string, flags: AddFlags) => {
      const json = {
        name,
        ...(flags.display === undefined ? {} : { display: flags.display }),
        ...(flags.redirect.length > 0 ? { redirects: flags.redirect } : {}),
        ...(flags.role === undefined ? {} : { role: flags.role, studies: flags.study, sites: flags.site }),
        ...(flags.person.length > 0 ? { people: flags.person } : {}),
        ...(flags.jwks === undefined ? {} : await keysOf(flags.jwks)),
        ...certificateOf(flags),
        ...(flags.ttl === undefined ? {} : { ttlS: flags.ttl }),
      }
      const client = await openClient({ url: flags.url })
      const made = await client.json<ClientView>({ method: 'POST', path: '/identity/api/v1/clients', json, need })
      process.stdout.write(flags.json === true ? `${JSON.stringify(made)}\n` : line(made))
    })
}

function certificateOf({ certificateCn, certificateOu }: AddFlags): { certificate?: CertificateSubject } {
  if (certificateCn === undefined && certificateOu === undefined) return {}
  if (certificateCn === undefined || certificateOu === undefined)
    throw new WrongUsage('A certificate is known by CN and OU together: give --certificate-cn and --certificate-ou.')
  return { certificate: { commonName: certificateCn, organizationalUnit: certificateOu } }
}

async function keysOf(source: string): Promise<Record<string, unknown>> {
  if (/^https?:\/\//.test(source)) return { jwksUrl: source }
  try {
    return { jwks: JSON.parse(await readFile(source, 'utf8')) as unknown }
  } catch {
    throw new CommandFailed(`${source} is not a file with a JWK set.`)
  }
}

function listCommand(): Command {
  return common(new Command('list'))
    .description('registered clients')
    .action(async (flags: Common) => {
      const client = await openClient({ url: flags.url })
      const answer = await client.json<ClientList>({ path: '/identity/api/v1/clients', need })
      process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : answer.clients.map(line).join(''))
    })
}

function statusCommand(name: string, status: string, says: string): Command {
  return common(new Command(name))
    .description(says)
    .argument('<name>')
    .action(async (id: string, flags: Common) => {
      const client = await openClient({ url: flags.url })
      const path = `/identity/api/v1/clients/${encodeURIComponent(id)}/status`
      const changed = await client.json<ClientView>({ method: 'PUT', path, json: { status }, need })
      process.stdout.write(flags.json === true ? `${JSON.stringify(changed)}\n` : line(changed))
    })
}

function clientKeysCommand(): Command {
  return common(new Command('keys'))
    .description('other public keys instead of a client’s present ones; its tokens end with the old ones')
    .argument('<name>')
    .requiredOption('--jwks <file or url>', 'its new public keys')
    .action(async (id: string, flags: Common & { jwks: string }) => {
      const client = await openClient({ url: flags.url })
      const path = `/identity/api/v1/clients/${encodeURIComponent(id)}/keys`
      const changed = await client.json<ClientView>({ method: 'PUT', path, json: await keysOf(flags.jwks), need })
      process.stdout.write(flags.json === true ? `${JSON.stringify(changed)}\n` : line(changed))
    })
}

function keysCommand(): Command {
  return common(new Command('rotate-keys'))
    .description('the server signs tokens with a new key; older ones verify until their tokens end')
    .option('--compromised', 'a key was stolen: nothing that an older key signed holds any longer')
    .action(async (flags: Common & { compromised?: boolean }) => {
      const client = await openClient({ url: flags.url })
      const json = { compromised: flags.compromised === true }
      const answer = await client.json<{ keys: { kid?: string }[] }>({ method: 'POST', path: '/identity/api/v1/keys', json, need })
      process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : `signing with ${answer.keys[0]?.kid ?? ''}\n`)
    })
}

function line({ client, kind, role, studies, certificate, status, expiresAt }: ClientView): string {
  const shown = certificate === null ? [] : [`certificate CN=${certificate.commonName}, OU=${certificate.organizationalUnit}`]
  const parts = [client, kind, role ?? '-', `studies ${studies.join(' ') || '-'}`, ...shown, status]
  return `${[...parts, expiresAt === null ? 'no end' : `until ${expiresAt}`].join(' · ')}\n`
}

function ttlSeconds(text: string): number {
  const span = durationMs(text)
  if (span === null || span < 60_000) throw new InvalidArgumentError('a span such as 90d')
  return span / 1000
}
