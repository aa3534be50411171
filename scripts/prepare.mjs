// What `npm start` and `npm test` share before anything is installed: Node's built-ins only.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const windows = process.platform === 'win32'

/** Stops with a remedy when this Node cannot run the project. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`aquifer needs Node 20.19 or newer; this is ${process.version}. Install Node 20.19, 22 or 24 and run the command again.`)
  process.exit(1)
}

/** Runs a command in the project, output passed through; resolves with the exit code. */
export function run(command, args, { env = {}, quiet = false, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
      shell: windows,
    })
    const kept = []
    child.stdout?.on('data', (chunk) => kept.push(chunk))
    child.stderr?.on('data', (chunk) => kept.push(chunk))
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(kept).toString() }))
  })
}

/** The path of a command that an installed package brings. */
export const bin = (name) => path.join(root, 'node_modules', '.bin', windows ? `${name}.cmd` : name)

// The lock file's hash stands in node_modules, so a changed lock installs again and an unchanged one costs nothing.
export async function install() {
  const hash = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = path.join(root, 'node_modules', '.aquifer-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  console.error('installing packages (npm ci)')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const { code } = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run(windows ? 'npm.cmd' : 'npm', args)
  if (code !== 0) {
    console.error('npm ci failed. Check the network and the npm registry settings, then run the command again.')
    process.exit(1)
  }
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}

/** Builds core, server and workbench; unchanged parts come from the cache. */
export async function build() {
  console.error('building (unchanged parts come from the cache)')
  const { code, output } = await run(bin('turbo'), ['run', 'build', '--output-logs=errors-only'], { quiet: true })
  if (code === 0) return
  console.error(output)
  console.error('The build failed; the messages above name the place.')
  process.exit(1)
}

/** The Electron program that may be used, in the order that the contract gives; never downloaded by us. */
export function electronBinary() {
  const name = windows ? 'electron.exe' : process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron'
  const folders = [process.env.ELECTRON_OVERRIDE_DIST_PATH, path.join(root, 'node_modules', 'electron', 'dist')]
  return folders
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file))
}
