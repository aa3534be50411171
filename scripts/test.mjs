// `npm test`: install, build, then every test of unit, system and journey level.
import { runJourneysTwice, runTests } from './again.mjs'
import { bin, build, checkNode, install, run } from './prepare.mjs'

checkNode()
const withoutBrowser = process.argv.includes('--no-browser')
await install()
await build()

const failures = []
let passed = 0
let failed = 0
const note = (line) => console.log(`note: ${line}`)

async function check(name, command, args) {
  const started = Date.now()
  const { code, output } = await run(bin(command), args, { quiet: true })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (code === 0) {
    passed += 1
    return
  }
  failed += 1
  failures.push(name)
  console.log(output.split('\n').slice(-120).join('\n'))
}

// Two lines side by side: each of these has one busy thread for most of its time.
await Promise.all([
  inOrder([
    ['types (tsgo -b)', 'tsgo', ['-b']],
    ['lint (oxlint)', 'oxlint', ['--type-aware', '--deny-warnings']],
    ['dead code (knip)', 'knip', ['--treat-config-hints-as-errors']],
  ]),
  inOrder([
    ['format (prettier)', 'prettier', ['--check', '.', '--log-level', 'warn']],
    ['import borders (dependency-cruiser)', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'e2e', 'tidy']],
  ]),
])

async function inOrder(checks) {
  for (const [name, command, args] of checks) await check(name, command, args)
}

if (!process.env.AQUIFER_TEST_DATA)
  note('AQUIFER_TEST_DATA is not set: real-data tests are left out, generated data proves the same claims')

count('unit and system tests', await runTests())
if (withoutBrowser) note('--no-browser: journeys in a browser and in Electron are left out')
else count('journeys', await runJourneysTwice(note))

function count(name, { code, passed: ok, failed: bad }) {
  passed += ok
  failed += bad
  if (code !== 0 || ok === 0) failures.push(name)
  if (code !== 0 && bad === 0) failed += 1
}

if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failures.length === 0 && failed === 0 ? 0 : 1)
