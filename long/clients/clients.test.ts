// Programs of others, in Python, against the server as an operator starts it. Without Python or a package index they are left out.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aquifer, startServer, type Server } from '../faults/server.js'
import { pythonWith, run as runIn, type Ran } from '../test/python.js'

// The last release of SMART's client whose models are DSTU2.
const packages = ['fhirclient==1.0.6', 'schemathesis==4.32.5']
const here = fileURLToPath(new URL('.', import.meta.url))

let folder: string
let server: Server | null = null
let python: string | null = null
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-clients-'))
  python = await pythonWith(packages, { cwd: folder, what: 'clients in Python' })
  if (python === null) return
  server = await startServer(path.join(folder, 'data'))
  await aquifer(path.join(folder, 'data'), ['study', 'create', 'S', '--name', 'S', '--enrolment', 'open', '--site', 'A'])
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const run = (program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runIn(program, args, { cwd: folder, env })

async function token(role: string, ...more: string[]): Promise<string> {
  return (await aquifer(path.join(folder, 'data'), ['token', '--role', role, '--ttl', '1h', ...more])).stdout.trim()
}

test('SMART’s Python client creates, reads, searches, updates and deletes', async () => {
  if (python === null || server === null) return
  const base = `${server.url}/fhir-server/api/v1`
  const { output } = await run(path.join(python, 'python'), [
    path.join(here, 'journey.py'),
    base,
    await token('integrator', '--study', 'S'),
  ])
  expect(output).toContain('journey done')
})

// An address that waits for the pipeline, and pages of the provider that end in a browser, are no matter for a generator.
test.each([
  ['FHIR', 'integrator', ['--include-path-regex', '^/fhir-server', '-H', 'X-Aquifer-Study: S'], '100'],
  ['all else', 'administrator', ['--exclude-path-regex', '^/fhir-server|/wait|/oidc'], '120'],
])('schemathesis meets no error of the server in %s', async (_what, role, which, seconds) => {
  if (python === null || server === null) return
  const authorization = `Authorization: Bearer ${await token(role, ...(role === 'integrator' ? ['--study', 'S'] : []))}`
  const fixed =
    '--mode all --max-examples 20 --seed 1 --phases coverage,fuzzing --request-timeout 30 --generation-database none --warnings off'
  const { code, output } = await run(
    path.join(python, 'schemathesis'),
    [
      '--no-color',
      'run',
      `${server.url}/openapi.json`,
      '-H',
      authorization,
      '--checks',
      'not_a_server_error',
      '--suppress-health-check',
      'all',
      '--max-time',
      seconds,
      ...fixed.split(' '),
      ...which,
    ],
    { SCHEMATHESIS_HOOKS: path.join(here, 'hooks.py') },
  )
  expect([code, code === 0 ? '' : output.slice(-4000)]).toEqual([0, ''])
})
