import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Readable } from 'node:stream'
import type { Role } from '@aquifer/core/access'
import type { MintedToken, Problem } from '@aquifer/core/contract'
import { readClientSettings, readEnvironment } from '../config/index.js'
import { CommandFailed, Unreachable, WrongUsage } from './failure.js'

/** Where the data folder of a running server tells its address. */
export const addressFile = 'server.json'
export const localSecretFile = path.join('keys', 'local-admin.secret')
const urlDefault = 'http://127.0.0.1:8080'
const mintedTtlS = 300
// Long answers, such as a pipeline wait or an import, keep their connection without a word.
const agent = new Agent({ keepAlive: false })

/** The least right a step needs; used where the command may mint a token of its own. */
export interface Need {
  role: Role
  studies?: readonly string[]
  sites?: readonly string[]
}
export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Record<string, string | undefined>
  headers?: Record<string, string>
  json?: unknown
  body?: Readable
  /** how long the server may say nothing (default: any time) */
  withinMs?: number
  need: Need
}
export interface Reply {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface Client {
  readonly url: string
  /** true where tokens are minted with the server's local secret, false with an explicit token */
  readonly mints: boolean
  send(call: Call): Promise<Reply>
  /** Without a token, at an address that needs none. */
  open(call: Omit<Call, 'need'>): Promise<Reply>
  /** The answer as JSON; a refusal of the server ends the command with its words. */
  json<T>(call: Call): Promise<T>
  token(need: Need & { ttlS?: number; user?: string; patient?: string }): Promise<MintedToken>
}

/**
 * A client of a server, by the contract's rules: an explicit address wins, else that of the server in AQUIFER_DATA; an explicit token
 * wins, else one is minted for each step with the secret in the data folder.
 */
export async function openClient(options: { url?: string | undefined; dataDir?: string } = {}): Promise<Client> {
  const said = readClientSettings(readEnvironment())
  const settings = options.dataDir === undefined ? said : { ...said, url: null, token: null, dataDir: options.dataDir, dataDirSaid: true }
  const local = settings.dataDirSaid || settings.token === null
  const told = local ? await addressOf(settings.dataDir) : null
  const url = (options.url ?? settings.url ?? told?.url ?? urlDefault).replace(/\/+$/, '')
  const pinned = url === told?.url ? told.certificate : null
  if (!isAddress(url)) throw new WrongUsage(`${url} is no address of a server: give one such as ${urlDefault} by --url or AQUIFER_URL.`)
  const secret = settings.token === null ? await secretOf(settings.dataDir) : null
  const minted = new Map<string, { token: string; until: number }>()

  async function token(need: Parameters<Client['token']>[0]): Promise<MintedToken> {
    if (secret === null) throw new CommandFailed('Set AQUIFER_TOKEN, or AQUIFER_DATA to the data folder of a server on this machine.')
    const reply = await send(
      { url, pinned, headers: { authorization: `Bearer ${secret}` } },
      {
        method: 'POST',
        path: '/identity/api/v1/tokens',
        json: {
          role: need.role,
          ...(need.studies === undefined ? {} : { studies: need.studies }),
          ...(need.sites === undefined ? {} : { sites: need.sites }),
          ...(need.user === undefined ? {} : { user: need.user }),
          ...(need.patient === undefined ? {} : { patient: need.patient }),
          ttlS: need.ttlS ?? mintedTtlS,
          requestedBy: os.userInfo().username,
        },
      },
    )
    return resultOf<MintedToken>(reply)
  }
  async function bearerFor(need: Need): Promise<string> {
    if (settings.token !== null) return settings.token
    const key = JSON.stringify([need.role, need.studies, need.sites])
    const known = minted.get(key)
    if (known !== undefined && known.until > Date.now()) return known.token
    const made = await token(need)
    minted.set(key, { token: made.access_token, until: Date.now() + (made.expires_in - 30) * 1000 })
    return made.access_token
  }
  const authorised = async (call: Call): Promise<Reply> =>
    send({ url, pinned, headers: { authorization: `Bearer ${await bearerFor(call.need)}` } }, call)
  return {
    url,
    mints: settings.token === null,
    send: authorised,
    open: (call) => send({ url, pinned, headers: {} }, call),
    json: async (call) => resultOf(await authorised(call)),
    token,
  }
}

const isAddress = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url)

/** The JSON of a good answer, or the command's end with the server's own words. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the schema that the endpoint promises
export function resultOf<T>(reply: Reply): T {
  const text = reply.body.toString('utf8')
  if (reply.status < 400) return JSON.parse(text === '' ? 'null' : text) as T
  throw new CommandFailed(wordsOf(text) ?? `The server answered ${reply.status}.`)
}

function wordsOf(text: string): string | null {
  try {
    const problem = JSON.parse(text) as Partial<Problem> & { issue?: { diagnostics?: string }[] }
    const outcome = problem.issue?.map((issue) => issue.diagnostics ?? '').join('\n')
    // Of the engine's suggestions some are sentences and some one name.
    const perhaps = /^\S+$/.test(problem.suggestion ?? '') ? `Perhaps: ${problem.suggestion}` : problem.suggestion
    const parts = [problem.detail ?? outcome ?? problem.title, perhaps, problem.remedy]
    const words = parts.filter((part) => part !== undefined && part !== '').join(' ')
    return words === '' ? null : words
  } catch {
    return null
  }
}

interface Addressee {
  url: string
  /** the certificate that a server on this machine told in its data folder; null: known authorities vouch for it */
  pinned: string | null
  headers: Record<string, string>
}

/** By its own certificate the server is known under whatever name it is asked. */
const connectionOf = ({ url, pinned }: Addressee): RequestOptions =>
  !url.startsWith('https:')
    ? { agent }
    : pinned === null
      ? {}
      : { agent: false, ca: pinned, allowPartialTrustChain: true, checkServerIdentity: () => undefined }

function send(to: Addressee, call: Omit<Call, 'need'>): Promise<Reply> {
  const target = new URL(to.url + call.path)
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) target.searchParams.set(name, value)
  const json = call.json === undefined ? null : Buffer.from(JSON.stringify(call.json))
  const headers = {
    ...to.headers,
    ...(json === null ? {} : { 'content-type': 'application/json', 'content-length': String(json.length) }),
    ...call.headers,
  }
  return new Promise<Reply>((resolve, reject) => {
    const begin = target.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = begin(target, { method: call.method ?? 'GET', headers, ...connectionOf(to) }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', (error: NodeJS.ErrnoException) => reject(new Unreachable(unreachable(to.url, error))))
      answer.on('end', () => {
        const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(told) as Record<string, string>,
          body: Buffer.concat(chunks),
        })
      })
    })
    if (call.withinMs !== undefined) sent.setTimeout(call.withinMs, () => sent.destroy(new Error('no answer')))
    sent.on('error', (error: NodeJS.ErrnoException) =>
      reject(error instanceof CommandFailed ? error : new Unreachable(unreachable(to.url, error))),
    )
    if (call.body === undefined) sent.end(json ?? undefined)
    else call.body.on('error', (error) => sent.destroy(error)).pipe(sent)
  })
}

const unreachable = (url: string, error: NodeJS.ErrnoException): string =>
  error.code === 'ECONNREFUSED'
    ? `No server answers at ${url}. Start one with \`aquifer serve\`, or name another by --url or AQUIFER_URL.`
    : `The connection to ${url} broke off (${error.code ?? error.message}).`

async function addressOf(dataDir: string): Promise<{ url: string; certificate: string | null } | null> {
  try {
    const told = JSON.parse(await readFile(path.join(dataDir, addressFile), 'utf8')) as { url?: unknown; certificate?: unknown }
    const certificate = typeof told.certificate === 'string' ? told.certificate : null
    return typeof told.url === 'string' ? { url: told.url, certificate } : null
  } catch {
    return null
  }
}

async function secretOf(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(path.join(dataDir, localSecretFile), 'utf8')).trim()
  } catch {
    return null
  }
}

/** The bytes of a file to send, or of stdin where the name is `-`; opened when they are asked for. */
export async function* inputOf(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) yield chunk as Buffer
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
}
