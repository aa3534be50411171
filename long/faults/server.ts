// One real server process tree, started and killed as an operator's machine would.
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../apps/server/bin/aquifer.mjs', import.meta.url))

export interface Server {
  url: string
  exited: Promise<void>
  /** kill -9 of the server process; PostgreSQL and engine processes are left to find out. */
  kill: () => Promise<void>
  stop: () => Promise<void>
}

/** `faults`: named points at which it kills itself. */
export async function startServer(dataDir: string, faults?: string): Promise<Server> {
  const child = spawn(process.execPath, [program, 'serve', '--data', dataDir, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(faults === undefined ? {} : { AQUIFER_FAULTS: faults }),
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await readyUrl(child)
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    child.kill(signal)
    await exited
  }
  return { url, exited, kill: end('SIGKILL'), stop: end('SIGTERM') }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4000)))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const url = /^ready (http\S+)$/m.exec(out)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code ?? 'a signal'} before it was ready\n${err}`)))
  })
}

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** Runs `aquifer …` on the data folder's own server. */
export function aquifer(dataDir: string, args: string[], input?: string): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment({ AQUIFER_DATA: dataDir }),
    })
    const result: CommandResult = { code: 1, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
    child.once('close', (code) => resolve({ ...result, code: code ?? 1 }))
  })
}

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_'))
  return { ...Object.fromEntries(inherited), ...extra }
}
