// What two people signed counts, is listed among all signatures, and goes on to count after the platform learned another form for it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { builtInRolePolicy, type RolePolicyDocument } from '@aquifer/core/access'
import type { Me, RolePolicyChecked, RolePolicyList, RolePolicyWhole, SignatureView } from '@aquifer/core/contract'
import { canonicalJson } from '@aquifer/core/fhir'
import { isRefusal } from '@aquifer/core/refusal'
import { hashOfDocument } from '../audit/index.js'
import { readConfig } from '../config/index.js'
import { openPlatform, type Platform } from '../platform.js'
import { openPostgres, openSigner } from '../storage/index.js'
import { migrate, readMigrations } from '../storage/migrate.js'

const dirs: string[] = []
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))))

// A policy of an earlier version of the program: it does not know the right to see withdrawals.
const earlier: RolePolicyDocument = { ...structuredClone(builtInRolePolicy), name: 'site rules' }
for (const entry of Object.values(earlier.roles)) entry.rights = entry.rights.filter((right) => right !== 'consent.withdrawals')

/** A data folder as it was before signatures of policies joined the others. */
async function folderBefore(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'aquifer-test-'))
  dirs.push(dataDir)
  const signer = await openSigner(path.join(dataDir, 'keys'))
  const postgres = await openPostgres({ dataDir, sharedBuffersMb: 32, durableInit: false })
  await migrate(
    postgres,
    (await readMigrations()).filter(({ name }) => name < '007'),
  )
  const hash = hashOfDocument(earlier)
  const signatures = ['robin', 'sasha'].map((name, at) => {
    const said = { signer: name, name: `${name} example`, role: 'administrator', meaning: 'approved', at: 1_790_000_000_000 + at }
    const subject = { kind: 'access-policy', version: 1, sha256: hash.toString('hex') }
    return { ...said, mark: Buffer.from(signer.sign(Buffer.from(canonicalJson({ subject, ...said })))).toString('base64') }
  })
  const owner = postgres.pool('owner', { max: 1 })
  await owner.query(
    `insert into access_policy (name, document, hash, proposed_by, proposed_at, signatures, activated_at) values ($1, $2, $3, $4, 1, $5, 2)`,
    [earlier.name, JSON.stringify(earlier), hash, 'robin', JSON.stringify(signatures)],
  )
  await owner.end()
  await postgres.stop()
  return dataDir
}

async function asked(platform: Platform) {
  const token = async (role: 'administrator' | 'auditor'): Promise<string> => {
    const session = await platform.identity.mint({ role, requestedBy: 'tests' })
    if (isRefusal(session)) throw new Error(session.detail)
    return session.token
  }
  const tokens = { administrator: await token('administrator'), auditor: await token('auditor') }
  return async <T>(url: string, body?: unknown): Promise<T> => {
    const method = body === undefined ? 'GET' : 'POST'
    const as = /^\/(audit|identity)/.test(url) ? tokens.auditor : tokens.administrator
    const sent = await platform.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${as}` },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    return JSON.parse(sent.body) as T
  }
}

test('a policy signed in the former form stays in force, is listed with its signatures, and tells which rights it does not name', async () => {
  const dataDir = await folderBefore()
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data: dataDir, port: '0', roles: 'api' })
  if ('faults' in config) throw new Error(config.faults.join())
  const platform = await openPlatform(config)
  try {
    const ask = await asked(platform)
    const list = await ask<RolePolicyList>('/access/api/v1/policies')
    expect([list.inForce, list.unnamed, list.builtIn.name]).toEqual([1, ['consent.withdrawals'], 'built-in'])
    expect(list.versions[0]?.signatures.map(({ signer, genuine }) => [signer, genuine])).toEqual([
      ['robin', true],
      ['sasha', true],
    ])
    const { signatures } = await ask<{ signatures: SignatureView[] }>('/audit/api/v1/signatures?kind=role-policy&subject=1')
    expect(signatures.map(({ signer, meaning, genuine, matches }) => [signer, meaning, genuine, matches])).toEqual([
      ['sasha', 'approved', true, true],
      ['robin', 'approved', true, true],
    ])
    const back = await ask<RolePolicyWhole>('/access/api/v1/policies/0')
    expect(back.changes).toContainEqual({ role: 'auditor', kind: 'rights', item: 'consent.withdrawals', change: 'granted' })
    expect((await ask<RolePolicyWhole>('/access/api/v1/policies/1')).document.name).toBe('site rules')
    const holds = async () => (await ask<Me>('/identity/api/v1/me')).rights.includes('consent.withdrawals')
    expect(await holds()).toBe(false)
    const health = await ask<{ checks: Record<string, string> }>('/health/ready')
    expect(health.checks['rolePolicy']).toBe('1 right is given to no role')
    // Whoever changes the document behind the server's back takes it out of force, and the list of signatures tells.
    const owner = platform.postgres.pool('owner', { max: 1 })
    await owner.query(`update access_policy set document = jsonb_set(document, '{name}', '"other"')`)
    await owner.end()
    expect((await ask<RolePolicyList>('/access/api/v1/policies')).inForce).toBe(0)
    expect(await holds()).toBe(true)
    const after = await ask<{ signatures: SignatureView[] }>('/audit/api/v1/signatures?kind=role-policy&subject=1')
    expect(after.signatures.map(({ genuine, matches }) => [genuine, matches])).toEqual([
      [true, false],
      [true, false],
    ])
  } finally {
    await platform.close()
  }
})

test('a text is checked by line and path before anybody proposes it', async () => {
  const dataDir = await folderBefore()
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data: dataDir, port: '0', roles: 'api' })
  if ('faults' in config) throw new Error(config.faults.join())
  const platform = await openPlatform(config)
  try {
    const ask = await asked(platform)
    const text = JSON.stringify(
      { ...builtInRolePolicy, roles: { ...builtInRolePolicy.roles, analyst: { rights: ['fly'], read: ['Patient'], write: [] } } },
      null,
      2,
    )
    const { findings, changes } = await ask<RolePolicyChecked>('/access/api/v1/policies/check', { text })
    const line = (needle: string): number => text.split('\n').findIndex((each) => each.includes(needle)) + 1
    const errors = findings.filter(({ severity }) => severity === 'error')
    expect(errors.map((each) => [each.path, each.line])).toEqual([
      ['roles.analyst.rights.0', line('"fly"')],
      ['roles.analyst.read.0', line('"Patient"')],
    ])
    expect(changes).toContainEqual({ role: 'analyst', kind: 'rights', item: 'query.run', change: 'taken' })
    expect((await ask<RolePolicyList>('/access/api/v1/policies')).versions).toHaveLength(1)
  } finally {
    await platform.close()
  }
})
