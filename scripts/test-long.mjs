// `npm run test:long`: suites too long for `npm test`. `node scripts/test-long.mjs PART…` runs some of them alone.
import { runJourneysTwice, runTests } from './again.mjs'
import { build, checkNode, install } from './prepare.mjs'

// The longest first, so that two at a time end together.
const parts = {
  steps: {
    about:
      'a whole file through every stage; kill -9 at every named step between repository and published files, of policies and keys, and in the middle of an import; backup and restore, data cuts, the stores compared; two servers on one database; the stores under a stopped database, a jumping clock and full disks; the largest files; attempts to reconstruct suppressed cells',
    tests: {
      options: ['--project', 'server'],
      files: [
        'apps/server/src/platform/walk-through.test.ts',
        'apps/server/src/pipeline/kill.test.ts',
        'apps/server/src/cli/import.test.ts',
        'apps/server/src/privacy/kill.test.ts',
        'apps/server/src/pipeline/stores.long.test.ts',
        'apps/server/src/masking/leak-gate.test.ts',
        'apps/server/src/platform/restore.test.ts',
        'apps/server/src/platform/from-lake.test.ts',
        'apps/server/src/platform/cuts.test.ts',
        'apps/server/src/quality/quality.test.ts',
        'apps/server/src/cli/files.test.ts',
        'apps/server/src/files/files.test.ts',
        'apps/server/src/cli/serve.test.ts',
        'apps/server/src/cli/two-servers.long.test.ts',
        'apps/server/src/cli/large-files.long.test.ts',
        'apps/server/src/http/open-streams.long.test.ts',
        'apps/server/src/platform/stores-under-stress.long.test.ts',
        'apps/server/src/platform/withdrawal-stop.long.test.ts',
        'apps/server/src/audit/tampering.test.ts',
        'apps/server/src/platform/threads.long.test.ts',
        'apps/server/src/query/counts.test.ts',
        'apps/server/src/query/attacker.test.ts',
        'apps/server/src/query/attacker-doors.long.test.ts',
        'apps/server/src/query/exhaustion.long.test.ts',
        'apps/server/src/query/counts.http.test.ts',
        'apps/server/src/query/escapes.test.ts',
        'apps/server/src/query/profiles.test.ts',
        'apps/server/src/query/lists-apart.long.test.ts',
        'apps/server/src/reservoir/leaving.test.ts',
      ],
    },
    env: { AQUIFER_TEST_LONG: '1' },
    beside: { ATTACKER_RUNS: '20' },
  },
  faults: {
    about:
      '300 seeded runs of random work with faults at named points, beside a model; kill -9 of real servers at random and during withdrawals',
    tests: { options: ['--config', 'long/vitest.config.ts'], files: ['long/faults'] },
    // The 300 seeded runs take more than half an hour: all of them, and all kills, alone only.
    beside: { FAULT_MINUTES: '1', KILLS: '3' },
  },
  looks: {
    about: 'the journeys again, each screen in light and dark, with contrast measured',
    journeys: true,
    env: { AQUIFER_TEST_LONG: '1' },
  },
  search: {
    about: 'more than 100,000 queries beside an oracle, again after updates, deletions, a restart and a rebuilt index',
    tests: {
      options: ['--project', 'server'],
      files: ['apps/server/src/fhir/search/oracle.test.ts', 'apps/server/src/fhir/search/claims.test.ts'],
    },
    env: { AQUIFER_TEST_LONG: '1' },
    // About half of them; all alone only.
    beside: { ORACLE_JOINED: '15000' },
  },
  objects: {
    about: 'lake, reservoir and files in a bucket of an S3-compatible server (moto, in Python), also one that fails',
    tests: { options: ['--config', 'long/vitest.config.ts'], files: ['long/objects'] },
  },
  races: {
    about: '1,000 rounds of 16 identical conditional writes, 10,000 racing updates, transactions against a model',
    tests: { options: ['--project', 'server'], files: ['apps/server/src/fhir/races.test.ts'] },
    env: { AQUIFER_TEST_LONG: '1' },
  },
  clients: {
    about: 'FHIR clients and generators of requests by others, in Python',
    tests: { options: ['--config', 'long/vitest.config.ts'], files: ['long/clients'] },
  },
  analytics: {
    about: 'statistics beside lifelines and statsmodels, in Python: random data, people of the Synthea file',
    tests: { options: ['--config', 'long/vitest.config.ts'], files: ['long/statistics'] },
  },
  package: {
    about: 'the packaged desktop app: contents, fuses',
    tests: { options: ['--config', 'long/vitest.config.ts'], files: ['long/package'] },
  },
}

checkNode()
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(
    `unknown part: ${unknown.join(', ')}. Parts: ${Object.entries(parts)
      .map(([name, part]) => `${name} (${part.about})`)
      .join('; ')}`,
  )
  process.exit(2)
}
await install()
await build()
const results = []
const waiting = asked.length > 0 ? asked : Object.keys(parts)
const alone = waiting.length === 1
// Killing and starting again leaves a second core idle: two parts at a time, each one's output when it has ended.
async function lane() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    console.log(`${name}: ${parts[name].about}`)
    const started = Date.now()
    const { code, output } = await runPart(parts[name])
    if (!alone) console.log(output)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${Math.round((Date.now() - started) / 1000)} s)`)
    results.push({ name, code })
  }
}
await Promise.all([lane(), lane()])

async function runPart(part) {
  const settings = { env: { ...part.env, ...(alone ? {} : part.beside) }, quiet: !alone }
  if (part.journeys) return await runJourneysTwice((line) => console.log(`note: ${line}`), settings)
  return await runTests(part.tests, settings)
}
const failed = results.filter((result) => result.code !== 0)
if (failed.length > 0) console.log(`failed: ${failed.map((result) => result.name).join(', ')}`)
console.log(`${results.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)
