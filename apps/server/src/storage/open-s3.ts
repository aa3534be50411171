import { randomBytes } from 'node:crypto'
import { CannotStart } from './postgres.js'
import type { ObjectStore } from './object-store.js'
import { cannotStart, openS3Calls, statusOf, StoreFailed, type S3Calls } from './s3-calls.js'
import { s3Url, type S3Place } from './s3-place.js'
import { S3Store } from './s3-store.js'

/** What an object store is found to be. */
interface S3Found {
  store: S3Store
  /** Whether it refuses by itself a write whose condition does not hold. */
  conditional: boolean
}

/** A bucket that can be used: it answers, takes and gives up objects, and keeps nothing that was removed. */
export async function openS3Store(place: S3Place): Promise<S3Found> {
  try {
    const calls = await openS3Calls(place)
    await refuseVersions(calls)
    const conditional = await holdsConditions(calls)
    return { store: new S3Store(calls, { conditional }), conditional }
  } catch (error) {
    throw cannotStart(place, error)
  }
}

/** A bucket of which nothing is changed, whoever it is of. */
export async function openS3ToRead(place: S3Place): Promise<ObjectStore> {
  try {
    const store = new S3Store(await openS3Calls(place), { conditional: true })
    await store.folders()
    return store.fenced(() => {
      throw new Error('this store is only read')
    })
  } catch (error) {
    throw cannotStart(place, error)
  }
}

// Where old versions are kept an erased person is still there.
async function refuseVersions({ sdk, client, place, call }: S3Calls): Promise<void> {
  const { Status } = await call(0, (abortSignal) =>
    client.send(new sdk.GetBucketVersioningCommand({ Bucket: place.bucket }), { abortSignal }),
  ).catch((error: unknown) => {
    // Stores that know no versions have no such question.
    if (error instanceof StoreFailed && [400, 405, 501].includes(error.status ?? 0)) return { Status: undefined }
    throw error
  })
  if (Status !== undefined)
    throw new CannotStart(
      `${s3Url(place)} cannot be used: the bucket keeps or kept old versions, where erased people would stay. Use one that never had versioning.`,
    )
}

async function holdsConditions(calls: S3Calls): Promise<boolean> {
  const { sdk, client, place, call } = calls
  const of = { Bucket: place.bucket, Key: `${place.prefix === '' ? '' : `${place.prefix}/`}.probe-${randomBytes(6).toString('hex')}` }
  const put = (): Promise<unknown> =>
    call(0, (abortSignal) => client.send(new sdk.PutObjectCommand({ ...of, Body: '', IfNoneMatch: '*' }), { abortSignal }))
  try {
    await put()
    return await put().then(
      () => false,
      (error: unknown) => {
        if (statusOf(error) === 412) return true
        throw error
      },
    )
  } catch (error) {
    if (statusOf(error) === 501) return false
    throw error
  } finally {
    await call(0, (abortSignal) => client.send(new sdk.DeleteObjectCommand(of), { abortSignal })).catch(() => null)
  }
}
