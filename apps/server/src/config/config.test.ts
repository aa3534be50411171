import { expect, test } from 'vitest'
import { readConfig } from './index.js'

const faults = (env: Record<string, string>) => {
  const config = readConfig(env)
  return 'faults' in config ? config.faults : []
}

test('defaults are those of the contract', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 8080, databaseUrl: null, logLevel: 'info' })
  expect(readConfig({ AQUIFER_PORT: '9000' }, { port: '0', data: '/tmp/x' })).toMatchObject({ port: 0, dataDir: '/tmp/x' })
})
test('an unknown setting stops the start and is told from what was meant', () => {
  expect(faults({ AQUIFER_PROT: '1' })).toEqual(['AQUIFER_PROT is not a setting of Aquifer; did you mean AQUIFER_PORT?'])
  expect(faults({ AQUIFER_NONSENSE: '1', HOME: '/root' })).toEqual(['AQUIFER_NONSENSE is not a setting of Aquifer'])
})
test('all faults are told at once', () => {
  expect(faults({ AQUIFER_PORT: 'x', AQUIFER_LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://h', AQUIFER_ROLES: 'cook' })).toHaveLength(4)
})
test('a store is a folder or a place in a bucket', () => {
  const bucketOf = (env: Record<string, string>) => {
    const config = readConfig(env)
    return 'faults' in config ? config.faults : config.bucket
  }
  const place = { bucket: 'my-bucket', prefix: 'a/b', endpoint: null, pathStyle: false }
  expect(bucketOf({ AQUIFER_STORE: '/srv/store' })).toBeNull()
  expect(bucketOf({ AQUIFER_STORE: 's3://my-bucket/a//b/' })).toEqual(place)
  const endpoint = 'https://s3.example.org'
  expect(bucketOf({ AQUIFER_STORE: 's3://my-bucket', AQUIFER_S3_ENDPOINT: endpoint })).toEqual({
    bucket: 'my-bucket',
    prefix: '',
    endpoint,
    pathStyle: true,
  })
  const wrong = ['s3://', 's3://My_Bucket', 's3://my-bucket/../x', 'gs://my-bucket', 's3://key:secret@my-bucket']
  for (const store of wrong) expect(bucketOf({ AQUIFER_STORE: store })).toEqual(['AQUIFER_STORE must be a folder or s3://BUCKET/PREFIX'])
  expect(bucketOf({ AQUIFER_S3_ENDPOINT: 'http://s3.example.org', AQUIFER_S3_PATH_STYLE: 'maybe' })).toHaveLength(2)
})
test('settings of clients and tests are known and ignored', () => {
  expect(faults({ AQUIFER_URL: 'http://x', AQUIFER_TOKEN: 't', AQUIFER_TEST_DATA: '/d' })).toEqual([])
})
test('limits of statements are by role, each with a name and a number within bounds', () => {
  expect(readConfig({ AQUIFER_QUERY_LIMITS: 'researcher:seconds=60,rows=1000; analyst:temp=64' })).toMatchObject({
    queryLimits: { researcher: { time: 60_000, rows: 1_000 }, analyst: { spillMb: 64 } },
    resultDays: 7,
  })
  for (const text of ['cook:rows=1', 'analyst:rows=0', 'analyst:colour=1', 'analyst', 'analyst:rows=x'])
    expect(faults({ AQUIFER_QUERY_LIMITS: text }), text).not.toEqual([])
  expect(faults({ AQUIFER_RESULT_DAYS: '0' })).toHaveLength(1)
})
