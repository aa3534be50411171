// Which browser and which display the journeys use; the order is the contract's.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root, run } from './prepare.mjs'

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file))

const mayInstall = () => process.env.CI === 'true' && process.getuid?.() === 0 && existsSync('/etc/debian_version')

async function installDebian(names) {
  console.error(`installing Debian packages: ${names.join(' ')}`)
  await run('apt-get', ['update', '-qq'], { quiet: true })
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
    quiet: true,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** Path of a Chromium, or undefined where Playwright's own is installed; stops with the remedy when there is none. */
export async function chromium() {
  const given = process.env.E2E_CHROMIUM
  if (given) return given
  const system = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(onPath).find(Boolean)
  if (system) return system
  const { chromium: own } = createRequire(path.join(root, 'e2e', 'package.json'))('@playwright/test')
  if (existsSync(own.executablePath())) return undefined
  if (mayInstall()) {
    await installDebian(['chromium'])
    const installed = onPath('chromium')
    if (installed) return installed
  }
  console.error('No browser for the journeys. Install Chromium, set E2E_CHROMIUM to one, or run `npx playwright install chromium`;')
  console.error('`npm test -- --no-browser` leaves these tests out.')
  process.exit(1)
}

/** Words to put before a command so that it has a display: none where there is one, undefined where none can be had. */
export async function display() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return []
  if (!onPath('xvfb-run') && mayInstall()) await installDebian(['xvfb', 'xauth'])
  const xvfb = onPath('xvfb-run')
  return xvfb ? [xvfb, '-a'] : undefined
}
