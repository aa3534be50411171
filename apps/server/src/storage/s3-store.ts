import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { placed, type ObjectStore } from './object-store.js'
import { StoreFailed, statusOf, type S3Calls } from './s3-calls.js'
import { s3Url } from './s3-place.js'

/** Another server has written a list that only one may write. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
  readonly code = 'another server writes to this bucket'
}

/** Of what changes under its name, by key: its state as this process knows it (null: there is none), and what was put there without an answer. */
interface Lists {
  seen: Map<string, string | null>
  tried: Map<string, Set<string>>
}
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64')

interface S3Options {
  /** Whether the store itself refuses a write whose condition does not hold. */
  conditional: boolean
  /** Throws where another process may write here by now: a request that was tried for long comes too late. */
  mayWrite?: () => void
}

export class S3Store implements ObjectStore {
  readonly place: string
  readonly mayBeLate = true
  readonly #calls: S3Calls
  readonly #prefix: string
  readonly #options: S3Options
  readonly #lists: Lists

  constructor(calls: S3Calls, options: S3Options, prefix = calls.place.prefix, lists: Lists = { seen: new Map(), tried: new Map() }) {
    this.#calls = calls
    this.#options = options
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
    this.#lists = lists
    this.place = s3Url({ bucket: calls.place.bucket, prefix })
  }

  fenced(mayWrite: () => void): S3Store {
    return new S3Store(this.#calls, { ...this.#options, mayWrite }, this.#prefix, this.#lists)
  }

  at(name: string): S3Store {
    return new S3Store(this.#calls, this.#options, `${this.#prefix}${name}`, this.#lists)
  }

  async get(name: string, { toReplace = false }: { toReplace?: boolean } = {}): Promise<Buffer | null> {
    const { sdk, client, call } = this.#calls
    const key = this.#key(name)
    const read = await this.#unlessMissing(async () => {
      const { body, etag } = await call(0, async (abortSignal) => {
        const got = await client.send(new sdk.GetObjectCommand({ ...this.#of(key) }), { abortSignal })
        const whole = addAbortSignal(abortSignal, got.Body as Readable)
        return { etag: got.ETag ?? null, body: await collected(whole, got.ContentLength) }
      })
      return { body, etag }
    })
    if (toReplace) this.#see(key, read)
    return read?.body ?? null
  }

  // What stands there now is what was there last, or what somebody of us tried to put there: else it is another server's.
  #see(key: string, read: { body: Buffer; etag: string | null } | null): void {
    const { seen, tried } = this.#lists
    const etag = read?.etag ?? null
    if (seen.has(key) && seen.get(key) !== etag && !(read && tried.get(key)?.has(md5(read.body)))) throw new Fenced()
    seen.set(key, etag)
  }

  async put(name: string, content: string | Uint8Array): Promise<void> {
    await this.#put(this.#key(name), Buffer.from(content as Uint8Array), {})
  }

  async replace(name: string, content: string | Uint8Array): Promise<void> {
    const key = this.#key(name)
    const body = Buffer.from(content as Uint8Array)
    const etag = await this.#known(key)
    if (!this.#options.conditional && (await this.#etag(key)) !== etag) throw new Fenced()
    const condition = !this.#options.conditional ? {} : etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag }
    const tried = this.#lists.tried.get(key) ?? new Set()
    this.#lists.tried.set(key, tried.add(md5(body)))
    try {
      this.#lists.seen.set(key, await this.#put(key, body, condition))
      this.#lists.tried.delete(key)
    } catch (error) {
      if (statusOf(error) !== 412) throw error
      // An attempt whose answer was lost may be what is there now.
      const there = await this.get(name, { toReplace: true })
      if (!there?.equals(body)) throw new StoreFailed('an earlier attempt came true', 409)
      this.#lists.tried.delete(key)
    }
  }

  async append(name: string, content: Uint8Array, from: number): Promise<void> {
    const there = await this.get(name, { toReplace: true })
    if ((there?.length ?? 0) < from) throw new StoreFailed('cut off', null)
    await this.replace(name, Buffer.concat([there?.subarray(0, from) ?? Buffer.alloc(0), content]))
  }

  async remove(name: string): Promise<void> {
    await this.#remove(this.#key(name))
  }

  async names(): Promise<string[]> {
    const found: string[] = []
    for await (const { keys } of this.#pages('/')) found.push(...keys)
    return found.map((key) => key.slice(this.#prefix.length)).filter((name) => name !== '')
  }

  async folders(): Promise<string[]> {
    const found: string[] = []
    for await (const { folders } of this.#pages('/')) found.push(...folders)
    return found.map((key) => key.slice(this.#prefix.length, -1))
  }

  async clear(): Promise<void> {
    for await (const { keys } of this.#pages()) await atOnce(keys, (key) => this.#remove(key))
  }

  async putFile(name: string, file: string): Promise<void> {
    const { size } = await stat(file)
    const hash = createHash('md5')
    await pipeline(createReadStream(file), hash)
    const digest = hash.digest('base64')
    await this.#send(this.#key(name), size, () => ({ Body: createReadStream(file), ContentLength: size, ContentMD5: digest }))
  }

  async copy(from: string, to: string): Promise<boolean> {
    const { sdk, client, place, call } = this.#calls
    const CopySource = encodeURIComponent(`${place.bucket}/${this.#key(from)}`).replaceAll('%2F', '/')
    const copied = await this.#unlessMissing(() =>
      call(0, (abortSignal) => {
        this.#options.mayWrite?.()
        return client.send(new sdk.CopyObjectCommand({ ...this.#of(this.#key(to)), CopySource }), { abortSignal })
      }),
    )
    if (copied !== null) refuseVersion(copied.VersionId)
    return copied !== null
  }

  async fetchTo(name: string, file: string): Promise<boolean> {
    const { sdk, client, call } = this.#calls
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const size = await this.#unlessMissing(async () => {
      const head = await call(0, (abortSignal) => client.send(new sdk.HeadObjectCommand(this.#of(this.#key(name))), { abortSignal }))
      return head.ContentLength ?? 0
    })
    if (size === null) return false
    await placed(file, (making) =>
      call(size, async (abortSignal) => {
        const got = await client.send(new sdk.GetObjectCommand(this.#of(this.#key(name))), { abortSignal })
        await pipeline(got.Body as Readable, createWriteStream(making, { mode: 0o600 }), { signal: abortSignal })
        if ((await stat(making)).size !== got.ContentLength) throw new StoreFailed('cut off', null)
      }),
    )
    return true
  }

  async *#pages(Delimiter?: string): AsyncGenerator<{ keys: string[]; folders: string[] }> {
    const { sdk, client, place, call } = this.#calls
    const asked = { Bucket: place.bucket, Prefix: this.#prefix, ...(Delimiter === undefined ? {} : { Delimiter }) }
    let ContinuationToken: string | undefined
    do {
      const next = ContinuationToken === undefined ? {} : { ContinuationToken }
      const page = await call(0, (abortSignal) => client.send(new sdk.ListObjectsV2Command({ ...asked, ...next }), { abortSignal }))
      yield {
        keys: (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])),
        folders: (page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])),
      }
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)
  }

  #put(key: string, Body: Buffer, condition: { IfMatch?: string; IfNoneMatch?: string }): Promise<string | null> {
    const ContentMD5 = md5(Body)
    return this.#send(key, Body.length, () => ({ Body, ContentLength: Body.length, ContentMD5, ...condition }))
  }

  async #send(key: string, bytes: number, content: () => Omit<PutContent, 'Bucket' | 'Key'>): Promise<string | null> {
    const { sdk, client, call } = this.#calls
    const put = await call(bytes, (abortSignal) => {
      this.#options.mayWrite?.()
      return client.send(new sdk.PutObjectCommand({ ...this.#of(key), ContentType: 'application/octet-stream', ...content() }), {
        abortSignal,
      })
    })
    refuseVersion(put.VersionId)
    return put.ETag ?? null
  }

  async #remove(key: string): Promise<void> {
    const { sdk, client, call } = this.#calls
    const gone = await call(0, (abortSignal) => {
      this.#options.mayWrite?.()
      return client.send(new sdk.DeleteObjectCommand(this.#of(key)), { abortSignal })
    })
    if (gone.DeleteMarker === true) throw new StoreFailed('the bucket keeps old versions', 409)
    this.#lists.tried.delete(key)
    if (this.#lists.seen.has(key)) this.#lists.seen.set(key, null)
  }

  async #known(key: string): Promise<string | null> {
    const { seen } = this.#lists
    if (!seen.has(key)) seen.set(key, await this.#etag(key))
    return seen.get(key) ?? null
  }

  async #etag(key: string): Promise<string | null> {
    const { sdk, client, call } = this.#calls
    try {
      return (await call(0, (abortSignal) => client.send(new sdk.HeadObjectCommand(this.#of(key)), { abortSignal }))).ETag ?? null
    } catch (error) {
      if (statusOf(error) === 404) return null
      throw error
    }
  }

  async #unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (statusOf(error) !== 404) throw error
      return null
    }
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`
  }

  #of(Key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#calls.place.bucket, Key }
  }
}

function refuseVersion(id: string | undefined): void {
  if (id !== undefined && id !== 'null') throw new StoreFailed('the bucket keeps old versions', 409)
}

type PutContent = ConstructorParameters<S3Calls['sdk']['PutObjectCommand']>[0]

async function collected(body: Readable, length: number | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
  }
  if (length !== undefined && size !== length) throw new StoreFailed('cut off', null)
  return Buffer.concat(chunks)
}

const atOnceMax = 8

/** So many of them at a time. */
export async function atOnce<T>(all: Iterable<T>, work: (each: T) => Promise<unknown>): Promise<void> {
  const rest = [...all]
  await Promise.all(
    Array.from({ length: Math.min(atOnceMax, rest.length) }, async () => {
      for (let each = rest.pop(); each !== undefined; each = rest.pop()) await work(each)
    }),
  )
}
