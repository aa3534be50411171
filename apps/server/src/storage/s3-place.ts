/** A place in a bucket of an S3-compatible store; who may write there is said by the SDK's own chain of credentials. */
export interface S3Place {
  bucket: string
  /** without `/` at its ends; may be empty */
  prefix: string
  /** null: the cloud's own, or what the SDK's settings say */
  endpoint: string | null
  pathStyle: boolean
}

export const s3Url = ({ bucket, prefix }: Pick<S3Place, 'bucket' | 'prefix'>): string =>
  `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
