import path from 'node:path'
import { sessionIdleMs, sessionMaxMs } from '@aquifer/core/identity'
import { durationMs } from '@aquifer/core/time'
import type { Environment } from './env.js'
import { readObjectStore, type Bucket, type Endpoint } from './bucket.js'
import { readQueryLimits, type QueryLimits } from './query-limits.js'

export const serverRoles = ['api', 'replicator', 'masker', 'compactor', 'extractor', 'scheduler', 'query'] as const
export type ServerRole = (typeof serverRoles)[number]
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface Config {
  dataDir: string
  /** where lake and reservoir live: the data folder unless said; with a bucket what is at hand of it */
  storeDir: string
  /** null: in `storeDir` */
  bucket: Bucket | null
  /** how any bucket is reached */
  objectStore: Endpoint
  host: string
  port: number
  /** null: the embedded PostgreSQL in the data folder */
  databaseUrl: string | null
  masterKeyFile: string | null
  /** where invitations are sent to; null: nowhere */
  webhook: { url: string; secretFile: string } | null
  /** by which invitations are mailed; null: they are not */
  smtp: { url: string; from: string } | null
  /** null: plain HTTP */
  tls: { certFile: string; keyFile: string; clientCaFile: string | null } | null
  roles: readonly ServerRole[]
  /** threads that read, check and index large writes; 0: the one that answers does it all */
  workers: number
  logLevel: LogLevel
  /** null: the embedded OpenID provider */
  outsideIssuer: { issuer: string; acceptClaims: boolean; clientId: string } | null
  /** the address under which people and clients know this server; null: the one it listens on */
  publicUrl: string | null
  /** after this long without a deed of its person a session is over */
  sessionIdleMs: number
  /** days that results of statements and files of them are kept */
  resultDays: number
  /** what statements of a role may use, where it is not the default */
  queryLimits: QueryLimits
  /** fault points to arm, for tests only */
  faultPoints: string | null
}

/** Command-line options that win over the environment. */
export interface Overrides {
  data?: string
  host?: string
  port?: string
  databaseUrl?: string
  roles?: string
  workers?: string
}

interface Setting {
  name: string
  means: string
}
/** Every setting the server knows; a test holds this equal to the documentation. */
export const settings: readonly Setting[] = [
  { name: 'AQUIFER_DATA', means: 'data folder (default .aquifer)' },
  { name: 'AQUIFER_HOST', means: 'address to listen on (default 127.0.0.1)' },
  { name: 'AQUIFER_PORT', means: 'port to listen on (default 8080; 0 picks a free one)' },
  { name: 'DATABASE_URL', means: 'a PostgreSQL of your own (default: embedded, in the data folder)' },
  { name: 'AQUIFER_STORE', means: 'folder for lake and reservoir, or s3://BUCKET/PREFIX for them and files (default: the data folder)' },
  { name: 'AQUIFER_S3_ENDPOINT', means: 'address of an S3-compatible store (default: the cloud’s own, or as the SDK’s settings say)' },
  { name: 'AQUIFER_S3_PATH_STYLE', means: 'yes: the bucket stands in the path, not in the host’s name (default: yes with an endpoint)' },
  { name: 'AQUIFER_ISSUER', means: 'an outside OpenID provider (default: embedded)' },
  { name: 'AQUIFER_ISSUER_CLAIMS', means: 'accept: an outside token itself may say role and studies (default ignore)' },
  { name: 'AQUIFER_ISSUER_CLIENT', means: 'name of the workbench at the outside provider (default aquifer-workbench)' },
  { name: 'AQUIFER_PUBLIC_URL', means: 'address people and clients use, such as https://aquifer.example.org (default: where it listens)' },
  { name: 'AQUIFER_SESSION_IDLE', means: 'how long a session lasts without a deed of its person, 1m to 8h (default 15m)' },
  { name: 'AQUIFER_MASTER_KEY_FILE', means: 'master key outside the data folder' },
  { name: 'AQUIFER_WEBHOOK_URL', means: 'where invitations are posted to (default: nowhere)' },
  { name: 'AQUIFER_WEBHOOK_SECRET_FILE', means: 'secret under which these posts are signed' },
  { name: 'AQUIFER_SMTP_URL', means: 'mail server for invitations, smtp:// or smtps:// (default: none)' },
  { name: 'AQUIFER_SMTP_FROM', means: 'address that invitations are mailed from' },
  { name: 'AQUIFER_TLS_CERT_FILE', means: 'certificate for HTTPS with its chain, PEM (default: plain HTTP)' },
  { name: 'AQUIFER_TLS_KEY_FILE', means: 'its private key, readable by the server’s user only' },
  { name: 'AQUIFER_TLS_CLIENT_CA_FILE', means: 'authorities by whose certificates registered clients come in (default: none)' },
  { name: 'AQUIFER_ROLES', means: `which parts run here: ${serverRoles.join(' ')} (default: all)` },
  { name: 'AQUIFER_WORKERS', means: 'threads that read, check and index large Bundles and imports, 0 to 64 (default 0)' },
  { name: 'AQUIFER_LOG_LEVEL', means: `${logLevels.join(' ')} (default info)` },
  { name: 'AQUIFER_RESULT_DAYS', means: 'how long results of statements and their files are kept, 1 to 90 days (default 7)' },
  {
    name: 'AQUIFER_QUERY_LIMITS',
    means: 'limits of statements by role, such as researcher:seconds=60,memory=512,rows=100000,temp=1024;analyst:seconds=300',
  },
  { name: 'AQUIFER_FAULTS', means: 'for tests: fault points to arm' },
]
/** Settings of clients and tests: known to the server, and ignored by it. */
const clientSettings = ['AQUIFER_URL', 'AQUIFER_TOKEN', 'AQUIFER_TEST_DATA']

/** Settings to a Config, or every fault at once, each as one line. */
export function readConfig(env: Environment, overrides: Overrides = {}): Config | { faults: string[] } {
  const faults: string[] = []
  const known = new Set([...settings.map((setting) => setting.name), ...clientSettings])
  for (const name of Object.keys(env)) if (name.startsWith('AQUIFER_') && !known.has(name)) faults.push(unknownSetting(name, known))
  const value = (name: string, override?: string): string | undefined => override ?? (env[name] === '' ? undefined : env[name])

  const port = Number(value('AQUIFER_PORT', overrides.port) ?? '8080')
  if (!Number.isInteger(port) || port < 0 || port > 65_535) faults.push('AQUIFER_PORT must be a whole number from 0 to 65535')
  const host = value('AQUIFER_HOST', overrides.host) ?? '127.0.0.1'
  if (!/^[A-Za-z0-9.:[\]-]{1,255}$/.test(host)) faults.push('AQUIFER_HOST must be a host name or an address')
  const databaseUrl = value('DATABASE_URL', overrides.databaseUrl) ?? null
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) faults.push('DATABASE_URL must begin with postgresql://')
  const logLevel = value('AQUIFER_LOG_LEVEL') ?? 'info'
  if (!isLogLevel(logLevel)) faults.push(`AQUIFER_LOG_LEVEL must be one of ${logLevels.join(', ')}`)
  const roles = readRoles(value('AQUIFER_ROLES', overrides.roles), faults)
  const workers = Number(value('AQUIFER_WORKERS', overrides.workers) ?? '0')
  if (!Number.isInteger(workers) || workers < 0 || workers > 64) faults.push('AQUIFER_WORKERS must be a whole number from 0 to 64')
  const store = value('AQUIFER_STORE')
  const { bucket, objectStore } = readObjectStore(value, isProvider, faults)
  const issuer = value('AQUIFER_ISSUER') ?? null
  if (issuer !== null && !isProvider(issuer)) faults.push('AQUIFER_ISSUER must be https://…, or http:// on loopback')
  const claims = value('AQUIFER_ISSUER_CLAIMS') ?? 'ignore'
  if (!['ignore', 'accept'].includes(claims)) faults.push('AQUIFER_ISSUER_CLAIMS must be ignore or accept')
  const idleMs = readIdle(value('AQUIFER_SESSION_IDLE'), faults)
  const publicUrl = value('AQUIFER_PUBLIC_URL') ?? null
  if (publicUrl !== null && !isOrigin(publicUrl))
    faults.push('AQUIFER_PUBLIC_URL must be https://HOST, or http:// on loopback, without a path')
  const resultDays = Number(value('AQUIFER_RESULT_DAYS') ?? '7')
  if (!Number.isInteger(resultDays) || resultDays < 1 || resultDays > 90)
    faults.push('AQUIFER_RESULT_DAYS must be a whole number from 1 to 90')
  const queryLimits = readQueryLimits(value('AQUIFER_QUERY_LIMITS'), faults)
  const webhook = readWebhook(value('AQUIFER_WEBHOOK_URL'), value('AQUIFER_WEBHOOK_SECRET_FILE'), faults)
  const smtp = readSmtp(value('AQUIFER_SMTP_URL'), value('AQUIFER_SMTP_FROM'), faults)
  const tls = readTlsFiles(value, faults)
  if (faults.length > 0) return { faults }
  const dataDir = path.resolve(value('AQUIFER_DATA', overrides.data) ?? '.aquifer')
  return {
    dataDir,
    storeDir: store === undefined || bucket !== null ? dataDir : path.resolve(store),
    bucket,
    objectStore,
    host,
    port,
    databaseUrl,
    masterKeyFile: value('AQUIFER_MASTER_KEY_FILE') ?? null,
    webhook,
    smtp,
    tls,
    roles,
    workers,
    logLevel: isLogLevel(logLevel) ? logLevel : 'info',
    outsideIssuer:
      issuer === null
        ? null
        : { issuer, acceptClaims: claims === 'accept', clientId: value('AQUIFER_ISSUER_CLIENT') ?? 'aquifer-workbench' },
    publicUrl: publicUrl?.replace(/\/$/, '') ?? null,
    sessionIdleMs: idleMs,
    resultDays,
    queryLimits,
    faultPoints: value('AQUIFER_FAULTS') ?? null,
  }
}

function readIdle(text: string | undefined, faults: string[]): number {
  const idle = text === undefined ? sessionIdleMs : durationMs(text)
  if (idle !== null && idle >= 60_000 && idle <= sessionMaxMs) return idle
  faults.push('AQUIFER_SESSION_IDLE must be a span from 1m to 8h, such as 15m')
  return sessionIdleMs
}

const isOrigin = (text: string): boolean => isProvider(text) && new URL(text).pathname === '/'

/** Tokens and cookies travel to it, so beyond this machine only encrypted. */
function isProvider(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash, username } = new URL(text)
  if (search !== '' || hash !== '' || username !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
}

function readWebhook(url: string | undefined, secretFile: string | undefined, faults: string[]): Config['webhook'] {
  if (url === undefined && secretFile === undefined) return null
  const isSafe = url !== undefined && /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/])/.test(url) && URL.canParse(url)
  if (!isSafe) faults.push('AQUIFER_WEBHOOK_URL must be https://…, or http:// on loopback')
  if (secretFile === undefined) faults.push('AQUIFER_WEBHOOK_SECRET_FILE is needed with AQUIFER_WEBHOOK_URL')
  return isSafe && secretFile !== undefined ? { url, secretFile } : null
}

function readTlsFiles(value: (name: string) => string | undefined, faults: string[]): Config['tls'] {
  const certFile = value('AQUIFER_TLS_CERT_FILE')
  const keyFile = value('AQUIFER_TLS_KEY_FILE')
  const clientCaFile = value('AQUIFER_TLS_CLIENT_CA_FILE')
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, clientCaFile: clientCaFile ?? null }
  if (certFile !== undefined || keyFile !== undefined || clientCaFile !== undefined)
    faults.push('HTTPS needs AQUIFER_TLS_CERT_FILE and AQUIFER_TLS_KEY_FILE together')
  return null
}

function readSmtp(url: string | undefined, from: string | undefined, faults: string[]): Config['smtp'] {
  if (url === undefined && from === undefined) return null
  const isServer = url !== undefined && /^smtps?:\/\//.test(url) && URL.canParse(url)
  if (!isServer) faults.push('AQUIFER_SMTP_URL must be smtp://HOST or smtps://HOST')
  if (from === undefined || !/^[^\s@<>]+@[^\s@<>]+$/.test(from)) faults.push('AQUIFER_SMTP_FROM must be one address')
  return isServer && from !== undefined ? { url, from } : null
}

const isLogLevel = (text: string): text is LogLevel => (logLevels as readonly string[]).includes(text)
const isServerRole = (text: string): text is ServerRole => (serverRoles as readonly string[]).includes(text)

function readRoles(text: string | undefined, faults: string[]): readonly ServerRole[] {
  if (text === undefined) return serverRoles
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  const wrong = names.filter((name) => !isServerRole(name))
  if (wrong.length > 0 || names.length === 0) faults.push(`AQUIFER_ROLES: choose from ${serverRoles.join(', ')}`)
  return names.filter(isServerRole)
}

function unknownSetting(name: string, known: ReadonlySet<string>): string {
  const near = [...known].find((candidate) => distanceAtMost2(candidate, name))
  return `${name} is not a setting of Aquifer${near === undefined ? '' : `; did you mean ${near}?`}`
}

function distanceAtMost2(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2) return false
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return (row[b.length] ?? 3) <= 2
}

/** What a command that talks to a server needs to know of its surroundings. */
export interface ClientSettings {
  url: string | null
  token: string | null
  /** where a server's data folder may be; `said` tells a wish from the default */
  dataDir: string
  dataDirSaid: boolean
}

export function readClientSettings(env: Environment): ClientSettings {
  const said = env['AQUIFER_DATA']
  return {
    url: env['AQUIFER_URL'] || null,
    token: env['AQUIFER_TOKEN'] || null,
    dataDir: path.resolve(said || '.aquifer'),
    dataDirSaid: Boolean(said),
  }
}
