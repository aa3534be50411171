import { expect, test } from 'vitest'
import {
  builtInRolePolicy,
  checkRolePolicy,
  compileRolePolicy,
  diffRolePolicies,
  mayTouch,
  mayUse,
  seesWithheld,
  type DataClass,
  type Role,
  type RolePolicyDocument,
} from './index.js'

const classOf = (type: string): DataClass | null =>
  ({ Patient: 'person', Observation: 'reading', Group: 'study' })[type] as DataClass | null
const written = (change: (document: RolePolicyDocument) => void): string => {
  const document = structuredClone(builtInRolePolicy)
  change(document)
  return JSON.stringify(document, null, 2)
}
const found = (text: string) => checkRolePolicy(text, (type) => classOf(type) ?? null).findings

test('the built-in policy has no findings, and a policy grants what it names and nothing else', () => {
  expect(found(JSON.stringify(builtInRolePolicy))).toEqual([])
  const policy = compileRolePolicy(
    { format: 1, name: 'n', roles: { investigator: { rights: ['study.list'], read: ['Observation'], write: [] } } },
    7,
  )
  const grant = { role: 'investigator' as Role, policy }
  expect([mayTouch(grant, 'read', 'reading', 'Observation'), mayTouch(grant, 'read', 'reading', 'Device')]).toEqual([true, false])
  expect([mayTouch(grant, 'write', 'reading', 'Observation'), mayUse(grant, 'study.list'), mayUse(grant, 'jobs.own')]).toEqual([
    false,
    true,
    false,
  ])
  expect(mayUse({ role: 'administrator', policy }, 'study.list')).toBe(false)
})
test.each<[string, (document: RolePolicyDocument) => void, string, string]>([
  ['an unknown role', (each) => void (each.roles['wizard'] = { rights: [], read: [], write: [] }), 'roles.wizard', 'error'],
  ['an unknown right', (each) => void each.roles['auditor']?.rights.unshift('audit.burn'), 'roles.auditor.rights.0', 'error'],
  ['an unknown type', (each) => void each.roles['device']?.write.unshift('Obsrvation'), 'roles.device.write.0', 'error'],
  ['persons for an analyst', (each) => void each.roles['analyst']?.read.push('person'), 'roles.analyst.read.0', 'error'],
  [
    'one type of persons for an operator',
    (each) => void each.roles['operator']?.read.push('Observation'),
    'roles.operator.read.0',
    'error',
  ],
  ['a role that is left out', (each) => void delete each.roles['device'], 'roles', 'warning'],
  [
    'nobody who signs any more',
    (each) => {
      for (const entry of Object.values(each.roles)) entry.rights = entry.rights.filter((right) => right !== 'policy.sign')
    },
    'roles',
    'error',
  ],
  [
    'a right that nobody holds',
    (each) => {
      for (const entry of Object.values(each.roles)) entry.rights = entry.rights.filter((right) => right !== 'query.run')
    },
    'roles',
    'warning',
  ],
])('%s is found where it stands, with a remedy', (_, change, path, severity) => {
  const text = written(change)
  const [finding, ...more] = found(text)
  expect([finding?.path, finding?.severity, more]).toEqual([path, severity, []])
  expect(finding?.remedy).not.toBe('')
  // The line is where the last name or the item of the path is written.
  const line = text.split('\n')[(finding?.line ?? 0) - 1] ?? ''
  const last = path.split('.').at(-1) ?? ''
  expect(/^\d+$/.test(last) ? /^\s+"/.test(line) : line.includes(`"${last}"`)).toBe(true)
})
test('what is no document is told as one', () => {
  expect(found('{')[0]).toMatchObject({ severity: 'error', path: '', line: 1 })
  expect(
    found('{\n"format": 1,\n"name": "n",\n"roles": {\n"auditor": {"rights": "all"}}}').map(({ path, line }) => [path, line]),
  ).toContainEqual(['roles.auditor.rights', 5])
})
test('a difference names role, kind and item, both ways', () => {
  const after = structuredClone(builtInRolePolicy)
  after.roles['auditor'] = { rights: ['audit.read'], read: ['study'], write: [] }
  const changes = diffRolePolicies(
    { ...builtInRolePolicy, roles: { auditor: { rights: ['jobs.own'], read: [], write: [] } } },
    {
      ...after,
      roles: { auditor: after.roles['auditor'] },
    },
  )
  expect(changes.map(({ kind, item, change }) => [kind, item, change])).toEqual([
    ['rights', 'audit.read', 'granted'],
    ['rights', 'jobs.own', 'taken'],
    ['read', 'study', 'granted'],
  ])
})

test('whose data is withheld: only Contracts, and only to roles that the policy lets', () => {
  expect([
    seesWithheld('study-manager', 'consent'),
    seesWithheld('study-manager', 'study'),
    seesWithheld('investigator', 'consent'),
  ]).toEqual([true, false, false])
  const document = structuredClone(builtInRolePolicy)
  document.roles['study-manager']!.rights = []
  expect(seesWithheld({ role: 'study-manager', policy: compileRolePolicy(document, 1) }, 'consent')).toBe(false)
})
