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

/** null: lake and reservoir are in a folder. */
export function readBucket(value: Value, isEndpoint: (text: string) => boolean, faults: string[]): Bucket | null {
  const store = value('AQUIFER_STORE')
  const endpoint = value('AQUIFER_S3_ENDPOINT') ?? null
  const pathStyle = value('AQUIFER_S3_PATH_STYLE') ?? (endpoint === null ? 'no' : 'yes')
  if (endpoint !== null && !isEndpoint(endpoint)) faults.push('AQUIFER_S3_ENDPOINT must be https://…, or http:// on loopback')
  if (!['yes', 'no'].includes(pathStyle)) faults.push('AQUIFER_S3_PATH_STYLE must be yes or no')
  if (store === undefined || !store.includes('://')) return null
  const found = readUrl(store)
  if (found !== null) return { ...found, endpoint, pathStyle: pathStyle === 'yes' }
  faults.push('AQUIFER_STORE must be a folder or s3://BUCKET/PREFIX')
  return null
}

function readUrl(text: string): Pick<Bucket, 'bucket' | 'prefix'> | null {
  const found = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(text)
  if (!found) return null
  const parts = (found[2] ?? '').split('/').filter((part) => part !== '')
  return parts.some((part) => /^\.+$/.test(part)) ? null : { bucket: found[1]!, prefix: parts.join('/') }
}
