import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../apps/server/bin/aquifer.mjs', import.meta.url))
const readyTimeoutMs = 240_000
const stopTimeoutMs = 20_000

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** What another process needs to reach a platform that runs. */
export interface PlatformAddress {
  url: string
  dataDir: string
  /** How many people the demo was made with. */
  people: number
}

export interface Platform extends PlatformAddress {
  /** One command of the command line against this platform. */
  aquifer(words: readonly string[], input?: string): Promise<CommandResult>
}

export const reach = (address: PlatformAddress): Platform => ({
  ...address,
  aquifer: (words, input) => run(words, input, address.dataDir),
})

export interface StartedPlatform extends PlatformAddress {
  /** Ends it for good: its folder is removed. */
  stop(): Promise<void>
  /** Ends its process; the folder stays. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** The same folder again, at the same address. */
  again(): Promise<void>
}

/** The whole platform from an empty folder, as `npm start` makes it: studies, people, consents, users, masked data. */
export async function startPlatform(people: number): Promise<StartedPlatform> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'aquifer-e2e-'))
  const serve = (port: string) =>
    spawn(process.execPath, [bin, 'demo', '--data', dataDir, '--port', port, '--patients', String(people)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: settings(),
    })
  let server = serve('0')
  const stop = async () => {
    await end(server, 'SIGTERM')
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const url = await ready(server)
    const again = async () => {
      server = serve(new URL(url).port)
      await ready(server)
    }
    return { url, dataDir, people, stop, end: (signal) => end(server, signal), again }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Nothing of the caller's own settings may reach the platform under test. */
function settings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_') && name !== 'DATABASE_URL'))
}

function ready(server: ChildProcess): Promise<string> {
  let out = ''
  let log = ''
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the platform was not ready in time:\n${log.slice(-4000)}`)), readyTimeoutMs)
    server.stderr?.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    server.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
      const url = /^ready (http\S+)$/m.exec(out)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
    server.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the platform ended with ${String(code)}:\n${log.slice(-4000)}`))
    })
  })
}

function run(words: readonly string[], input: string | undefined, dataDir: string): Promise<CommandResult> {
  const child = spawn(process.execPath, [bin, ...words], { env: { ...settings(), AQUIFER_DATA: dataDir } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdin.end(input ?? '')
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr })))
}

async function end(server: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill(signal)
  const timer = setTimeout(() => server.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}
