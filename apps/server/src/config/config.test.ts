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
test('settings of clients and tests are known and ignored', () => {
  expect(faults({ AQUIFER_URL: 'http://x', AQUIFER_TOKEN: 't', AQUIFER_TEST_DATA: '/d' })).toEqual([])
})
