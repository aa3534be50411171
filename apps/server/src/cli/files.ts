import { createHash, randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { Command } from 'commander'
import type { FileMetadataList, LakeFileStored, Me, ReservoirFileStored } from '@aquifer/core/contract'
import { dispositionOf } from '@aquifer/core/files'
import { inputOf, openClient, resultOf, type Client, type Need } from './client.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { openProgress } from './progress.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  lake?: boolean
  url?: string
  json?: boolean
}
type PutFlags = Flags & { attest?: string; name?: string; type: string; patient?: string }
type ListFlags = Flags & { from?: string; to?: string; user?: string; name?: string }

// A part at a time: a file may be larger than memory.
const partBytes = 16 * 1024 * 1024
const base = ({ lake }: Flags): string => (lake === true ? '/datalake/api/v1/data' : '/datareservoir/api/v1/data')
const needOf = ({ lake, study }: Flags): Need => ({ role: lake === true ? 'integrator' : 'analyst', studies: [study] })
const common = (command: Command): Command =>
  command.requiredOption('--study <id>', 'the study').option('--url <url>', 'address of the server').option('--json', 'as JSON')

export function filesCommand(): Command {
  return new Command('files')
    .description('files of a study that are kept as they are: put, get, list')
    .addCommand(putCommand())
    .addCommand(getCommand())
    .addCommand(listCommand())
}

function putCommand(): Command {
  return common(new Command('put'))
    .description('store a file in the file reservoir, or in the file lake')
    .argument('<file>', 'the file; - for stdin')
    .option('--lake', 'into the file lake, which may hold people and which no statement reads')
    .option('--attest <text>', 'the sentence by which you vouch that nobody can be recognised in it; kept beside the file')
    .option('--name <name>', 'another name than that of the file')
    .option('--type <type>', 'media type, given back as it is said', 'application/octet-stream')
    .option('--patient <id>', 'with --lake: whose it is')
    .action(async (file: string, flags: PutFlags) => {
      if (flags.lake !== true && flags.attest === undefined)
        throw new WrongUsage('--attest says by what you vouch for the file, or --lake.')
      const name = flags.name ?? (file === '-' ? null : path.basename(file))
      if (name === null && flags.lake !== true) throw new WrongUsage('--name says what a file from stdin is called.')
      const client = await openClient({ url: flags.url })
      const stored = await put(client, file, name, flags)
      process.stdout.write(flags.json === true ? `${JSON.stringify(stored)}\n` : storedText(stored))
    })
}

async function put(client: Client, file: string, name: string | null, flags: PutFlags): Promise<LakeFileStored | ReservoirFileStored> {
  const size = file === '-' ? null : statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new CommandFailed(`There is no file ${file}.`)
  const progress = openProgress(`put ${name ?? 'file'}`, size)
  const counted = async function* (): AsyncGenerator<Buffer> {
    let sent = 0
    for await (const chunk of inputOf(file)) {
      yield chunk
      progress.update((sent += chunk.length))
    }
  }
  try {
    const reply = await client.send({
      method: 'POST',
      path: base(flags),
      headers: {
        ...(await mandatory(client, flags)),
        'content-type': flags.type,
        ...(size === null ? {} : { 'content-length': String(size), 'content-digest': await digestOf(file) }),
        ...(name === null ? {} : { 'content-disposition': dispositionOf(name) }),
        ...(flags.attest === undefined ? {} : { 'x-aquifer-attestation': `UTF-8''${encodeURIComponent(flags.attest)}` }),
        ...(flags.patient === undefined ? {} : { 'x-aquifer-patient': flags.patient }),
      },
      body: Readable.from(counted()),
      need: needOf(flags),
    })
    return resultOf(reply)
  } finally {
    progress.end()
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of inputOf(file)) hash.update(chunk)
  return `sha-256=:${hash.digest('base64')}:`
}

/** Files are asked for under a user and a correlation id. */
async function mandatory(client: Client, flags: Flags): Promise<Record<string, string>> {
  const { user } = await client.json<Me>({ path: '/identity/api/v1/me', need: needOf(flags) })
  return { 'x-aquifer-user': user, 'x-correlation-id': randomUUID(), 'x-aquifer-study': flags.study }
}

function storedText(stored: LakeFileStored | ReservoirFileStored): string {
  const lines = [stored.id, `${stored.bytes} bytes, SHA-256 ${stored.checksum}`]
  if ('table' in stored && stored.table !== null) lines.push(`read it as "${stored.table}"`)
  if ('warnings' in stored) for (const { kind, count, where } of stored.warnings) lines.push(`warning: ${kind}, ${count} times, ${where}`)
  return `${lines.join('\n')}\n`
}

function getCommand(): Command {
  return common(new Command('get'))
    .description('the bytes of a file, as they came')
    .argument('<id>', 'the file')
    .option('--lake', 'from the file lake: what was stored by the same user')
    .requiredOption('--out <file>', 'where to write it; it must not be there')
    .action(async (id: string, flags: Flags & { out: string }) => {
      const client = await openClient({ url: flags.url })
      const bytes = await fetchTo(client, id, flags)
      process.stdout.write(flags.json === true ? `${JSON.stringify({ id, bytes, file: flags.out })}\n` : `${flags.out}: ${bytes} bytes\n`)
    })
}

async function fetchTo(client: Client, id: string, flags: Flags & { out: string }): Promise<number> {
  const headers = await mandatory(client, flags)
  const asked = { path: `${base(flags)}/${encodeURIComponent(id)}`, need: needOf(flags) }
  const ask = async (from: number) => client.send({ ...asked, headers: { ...headers, range: `bytes=${from}-${from + partBytes - 1}` } })
  let part = await ask(0)
  const isEmpty = part.status === 416
  if (part.status >= 400 && !isEmpty) return resultOf<never>(part)
  const file = await open(flags.out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`${flags.out} cannot be written (${error.code ?? 'unknown'}).`)
  })
  const hash = createHash('sha256')
  let written = 0
  try {
    const whole = isEmpty ? 0 : Number(part.headers['content-range']?.split('/')[1])
    while (written < whole) {
      hash.update(part.body)
      await file.writeFile(part.body)
      written += part.body.length
      if (written >= whole) break
      part = await ask(written)
      if (part.status >= 400) return resultOf<never>(part)
    }
    if (!isEmpty && part.headers['etag'] !== `"${hash.digest('hex')}"`)
      throw new CommandFailed('What came is not what was stored: get it again.')
  } finally {
    await file.close()
  }
  return written
}

function listCommand(): Command {
  return common(new Command('list'))
    .description('files of the file reservoir, oldest first')
    .option('--from <when>', 'uploaded from then on: a date or an instant')
    .option('--to <when>', 'uploaded until then; a date alone counts to its end')
    .option('--user <user>', 'uploaded by this user')
    .option('--name <name>', 'of this name')
    .action(async (flags: ListFlags) => {
      const client = await openClient({ url: flags.url })
      const files = await all(client, flags)
      if (flags.json === true) return void process.stdout.write(`${JSON.stringify(files)}\n`)
      const rows = files.map((each) => [
        each.id,
        each.filename,
        String(each.bytes),
        each.uploadedAt,
        each.userId,
        each.warnings.length === 0 ? '' : 'warnings',
      ])
      const columns = ['id', 'name', 'bytes', 'uploaded', 'by', 'note'].map((name) => ({ name, type: 'VARCHAR' }))
      return void process.stdout.write(files.length === 0 ? 'no files\n' : tableText({ columns, rows }))
    })
}

async function all(client: Client, flags: ListFlags): Promise<FileMetadataList['files']> {
  const headers = await mandatory(client, flags)
  const found: FileMetadataList['files'] = []
  for (let after: string | undefined; ;) {
    const query = { fromWhen: flags.from, toWhen: flags.to, userId: flags.user, filename: flags.name, after }
    const page = await client.json<FileMetadataList>({ path: '/datareservoir/api/v1/metadata', query, headers, need: needOf(flags) })
    found.push(...page.files)
    if (page.next === null) return found
    after = page.next
  }
}
