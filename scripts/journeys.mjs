// The journeys in a browser and, where there is a display, in Electron.
import path from 'node:path'
import { chromium, display } from './browser.mjs'
import { bin, electronBinary, root, run } from './prepare.mjs'

/** Resolves with the exit code and, when quiet, the output; `report` is the file that the JSON report is written to. */
export async function runJourneys(report, note, { quiet = false, env = {}, more = [] } = {}) {
  const executable = await chromium()
  const electron = electronBinary()
  const screen = electron === undefined ? undefined : await display()
  if (electron === undefined)
    note('no Electron on this machine (ELECTRON_OVERRIDE_DIST_PATH or an installed binary): the desktop test is left out')
  else if (screen === undefined) note('no display and no xvfb-run: the desktop test is left out')
  const projects = ['--project=web', ...(screen === undefined ? [] : ['--project=desktop'])]
  const [first, ...rest] = [...(screen ?? []), bin('playwright'), 'test', ...projects, '--reporter=list,json', ...more]
  return run(first, rest, {
    cwd: path.join(root, 'e2e'),
    quiet,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report, ...(executable === undefined ? {} : { E2E_CHROMIUM: executable }) },
  })
}
