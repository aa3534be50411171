/** A place in a bucket of an S3-compatible store. Who may write there is said by the SDK's own chain of credentials. */
export interface Bucket {
  bucket: string
  /** without `/` at its ends; may be empty */
  prefix: string
  /** null: the cloud's own, or what the SDK's settings say */
  endpoint: string | null
  pathStyle: boolean
}

type Value = (name: string) => string | undefined

/** How stores are reached, whichever bucket it is. */
export type Endpoint = Pick<Bucket, 'endpoint' | 'pathStyle'>

/** How stores are reached, and where lake and reservoir are; null: in a folder. */
export function readObjectStore(value: Value, isEndpoint: (text: string) => boolean, faults: string[]) {
  const endpoint = value('AQUIFER_S3_ENDPOINT') ?? null
  const pathStyle = value('AQUIFER_S3_PATH_STYLE') ?? (endpoint === null ? 'no' : 'yes')
  if (endpoint !== null && !isEndpoint(endpoint)) faults.push('AQUIFER_S3_ENDPOINT must be https://…, or http:// on loopback')
  if (!['yes', 'no'].includes(pathStyle)) faults.push('AQUIFER_S3_PATH_STYLE must be yes or no')
  const objectStore: Endpoint = { endpoint, pathStyle: pathStyle === 'yes' }
  const store = value('AQUIFER_STORE')
  if (store === undefined || !store.includes('://')) return { objectStore, bucket: null }
  const bucket = bucketAt(store, objectStore)
  if (bucket === null) faults.push('AQUIFER_STORE must be a folder or s3://BUCKET/PREFIX')
  return { objectStore, bucket }
}

/** null: that is no such address. */
export function bucketAt(url: string, endpoint: Endpoint): Bucket | null {
  const found = readUrl(url)
  return found && { ...found, ...endpoint }
}

function readUrl(text: string): Pick<Bucket, 'bucket' | 'prefix'> | null {
  const found = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(text)
  if (!found) return null
  const parts = (found[2] ?? '').split('/').filter((part) => part !== '')
  return parts.some((part) => /^\.+$/.test(part)) ? null : { bucket: found[1]!, prefix: parts.join('/') }
}
