// Tests that fail beside all others are run once more by themselves, and both results are printed: two servers that wait for one core
// can order things as no user's machine does. What fails again has failed; what passes then is named as a test to be mended.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runJourneys } from './journeys.mjs'
import { bin, run } from './prepare.mjs'

/** More failures than these are no accident: nothing is run again. */
const filesMax = 3

/** `vitest run` of `files` (all where there are none named) with `options`; resolves with exit code, output (when quiet) and how many tests passed and failed. */
export async function runTests({ options = [], files = [] } = {}, { quiet = false, env = {} } = {}) {
  return await inFolder(async (folder) => {
    const once = async (name, of) => {
      const report = path.join(folder, name)
      const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]
      const ended = await run(bin('vitest'), ['run', ...reporters, ...options, ...of], { quiet, env })
      return { ...ended, report: read(report) }
    }
    const first = await once('first.json', files)
    const failed = (first.report?.testResults ?? []).filter(({ status }) => status === 'failed').map(({ name }) => name)
    const counted = result(first, first.report?.numPassedTests, first.report?.numFailedTests)
    if (first.code === 0 || failed.length === 0 || failed.length > filesMax) return counted
    return together(counted, await once('again.json', failed), failed)
  })
}

/** The journeys of `projects`; resolves like runTests. */
export async function runJourneysTwice(note, settings = {}) {
  return await inFolder(async (folder) => {
    const once = async (name, more) => {
      const report = path.join(folder, name)
      return { ...(await runJourneys(report, note, { ...settings, more })), report: read(report) }
    }
    const first = await once('first.json', [])
    const { expected, unexpected = 0, flaky = 0 } = first.report?.stats ?? {}
    const counted = result(first, expected, unexpected + flaky)
    if (first.code === 0 || counted.failed === 0 || unexpected > filesMax) return counted
    return together(counted, await once('again.json', ['--last-failed', '--trace', 'retain-on-failure']), [`${unexpected} journeys`])
  })
}

function result({ code, output }, passed = 0, failed = 1) {
  return { code, output, passed, failed }
}

function together(first, again, what) {
  const line = `${again.code === 0 ? 'PASSED WHEN RUN AGAIN, TO BE MENDED' : 'failed twice'}: ${what.join(', ')}`
  console.log(line)
  const output = [first.output, again.output, line].filter(Boolean).join('\n')
  if (again.code !== 0) return { ...first, output }
  return { code: 0, output, passed: first.passed + first.failed, failed: 0 }
}

function read(report) {
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
}

async function inFolder(work) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aquifer-test-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
