import { createHash, type Hash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { AskedChecksum } from '@aquifer/core/files'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { faultPoint, heard, Silence, silenceMaxMs } from '../storage/index.js'
import type { Sealer } from './sealed-file.js'

export interface Taken {
  bytes: number
  sha256: string
}
export interface Taking {
  path: string
  /** what was announced; null: nothing */
  length: number | null
  max: number
  checksums: readonly AskedChecksum[]
  /** null: the bytes lie there as they came */
  sealer: Sealer | null
  see: (chunk: Uint8Array) => void
}

const megabyte = 1024 * 1024
export const tooLarge = (max: number): Refusal<'too-large'> =>
  refuse('too-large', { detail: `A file here has at most ${max / megabyte} MB.`, limitBytes: max })
const wrongChecksum = (): Refusal =>
  refuse('malformed-body', { detail: 'The bytes that came are not those of the checksum: send the file again.' })

/**
 * Takes a body to disk as it comes, in the memory of one chunk, and leaves it there durably; what is refused leaves nothing.
 */
export async function takeFile(body: AsyncIterable<Uint8Array>, taking: Taking): Promise<Taken | Refusal> {
  if (taking.length !== null && taking.length > taking.max) return tooLarge(taking.max)
  const taken = await written(body, taking).catch(refusalOf)
  if ('refusal' in taken) await rm(taking.path, { force: true })
  return taken
}

async function written(body: AsyncIterable<Uint8Array>, { path, length, max, checksums, sealer, see }: Taking): Promise<Taken | Refusal> {
  const sha256 = createHash('sha256')
  const others = checksums.map(({ algorithm }) => createHash(algorithm))
  let bytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    if (sealer !== null) await file.writeFile(sealer.head)
    for await (const chunk of heard(body, silenceMaxMs)) {
      bytes += chunk.length
      if (bytes > max) return tooLarge(max)
      for (const hash of [sha256, ...others]) hash.update(chunk)
      see(chunk)
      for (const piece of sealer?.update(chunk) ?? [chunk]) await file.writeFile(piece)
      await faultPoint('files.chunk')
    }
    if (sealer !== null) await file.writeFile(sealer.end())
    if (length !== null && bytes !== length) return endedEarly()
    if (!agree(checksums, others)) return wrongChecksum()
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: sha256.digest('hex') }
}

const agree = (checksums: readonly AskedChecksum[], hashes: readonly Hash[]): boolean =>
  hashes.every((hash, place) => hash.digest('base64') === checksums[place]?.base64)

/** The same for bytes that are on disk already. */
export function checksumRefusal(checksums: readonly AskedChecksum[], found: Record<AskedChecksum['algorithm'], Buffer>): Refusal | null {
  return checksums.every(({ algorithm, base64 }) => found[algorithm].toString('base64') === base64) ? null : wrongChecksum()
}

const endedEarly = (): Refusal => refuse('malformed-body', { detail: 'The body ended before its end: send the file again.' })

/** What may befall a body on its way; anything else is a bug. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Silence) return refuse('too-slow', { detail: 'The body did not come in time.', remedy: 'Send it again.' })
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR') return endedEarly()
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return refuse('not-ready', { detail: 'There is no room for the file: the operator has to make some.', retryAfterS: 60 })
  throw error
}
