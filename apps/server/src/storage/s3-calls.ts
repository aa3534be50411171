import { setTimeout as pause } from 'node:timers/promises'
import type * as Sdk from '@aws-sdk/client-s3'
import { CannotStart } from './postgres.js'
import { s3Url, type S3Place } from './s3-place.js'

/** The store did not do it. The message is of its classes of errors only: theirs can hold an address, a name or a part of a key. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed'
  readonly code: string
  constructor(
    what: string,
    readonly status: number | null,
  ) {
    super(`the object store failed: ${what}`)
    this.code = status === null ? what : `${what} ${status}`
  }
}

export interface S3Calls {
  client: Sdk.S3Client
  sdk: typeof Sdk
  place: S3Place
  /** Tries again what may succeed the next time; `bytes`: what travels, which takes its time. */
  call<T>(bytes: number, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

const connectMs = 4_000
const attemptMs = 12_000
const bytesPerMs = 256
const attemptsMax = 3
const backoffMs = 250

export async function openS3Calls(place: S3Place): Promise<S3Calls> {
  // Loaded only where a bucket is used: it takes a third of a second.
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({ ...settingsOf(place), ...(await regionOf(sdk, place)) })
  return { client, sdk, place, call: tried }
}

// Stores of one's own seldom have regions, but signatures do.
async function regionOf({ S3Client }: typeof Sdk, { endpoint }: S3Place): Promise<{ region?: string }> {
  if (endpoint === null) return {}
  return new S3Client({}).config.region().then(
    (region) => ({ region }),
    () => ({ region: 'us-east-1' }),
  )
}

function settingsOf(place: S3Place): Sdk.S3ClientConfig {
  return {
    ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
    forcePathStyle: place.pathStyle,
    maxAttempts: 1,
    // Content-MD5, which every store knows, guards what is sent, and our own hashes what is read.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: attemptMs,
      httpsAgent: { maxSockets: 32 },
      httpAgent: { maxSockets: 32 },
    },
    // It would write what is sent into logs.
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  }
}

async function tried<T>(bytes: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(AbortSignal.timeout(attemptMs + Math.ceil(bytes / bytesPerMs)))
    } catch (error) {
      const failed = failureOf(error)
      if (failed === null) throw error
      if (attempt === attemptsMax || !mayPass(failed)) throw failed
      await pause(backoffMs * 4 ** (attempt - 1))
    }
  }
}

const mayPass = ({ status }: StoreFailed): boolean => status === null || status >= 500 || [408, 409, 429].includes(status)

/** null: not of the store. */
function failureOf(error: unknown): StoreFailed | null {
  if (error instanceof StoreFailed) return error
  const { name = 'Error', code, $metadata } = error as { name?: string; code?: unknown; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode ?? null
  if (status !== null) return new StoreFailed(wordOf(name), status)
  if (name === 'AbortError' || name === 'TimeoutError') return new StoreFailed('no answer in time', null)
  if (name === 'CredentialsProviderError') return new StoreFailed('no credentials', 401)
  if (typeof code === 'string') return new StoreFailed(wordOf(code), null)
  return null
}

const wordOf = (text: string): string => (/^[A-Za-z_]{2,60}$/.test(text) ? text : 'refused')

export const statusOf = (error: unknown): number | null => (error instanceof StoreFailed ? error.status : null)

/** What somebody who starts a server has to be told. */
export function cannotStart(place: S3Place, error: unknown): CannotStart {
  const at = s3Url(place)
  if (error instanceof CannotStart) return error
  if (!(error instanceof StoreFailed)) {
    const name = error instanceof Error ? error.message : ''
    const remedy = /region/i.test(name) ? 'say which region it is in (AWS_REGION)' : 'check AQUIFER_STORE and AQUIFER_S3_ENDPOINT'
    return new CannotStart(`${at} cannot be used: ${remedy}.`)
  }
  const remedies: Record<number, string> = {
    401: 'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
    403: 'the credentials may not use it: they need to list, read, write and delete there, and to read the bucket’s versioning',
    404: 'there is no such bucket: make it, Aquifer does not',
  }
  return new CannotStart(`${at} cannot be used (${error.code}): ${remedies[error.status ?? 0] ?? 'it does not answer as it should'}.`)
}
