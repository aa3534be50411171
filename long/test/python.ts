import { spawn } from 'node:child_process'
import path from 'node:path'

export interface Ran {
  code: number
  output: string
}

export function run(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.once('error', () => resolve({ code: 127, output }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Folder of programs of an environment with the packages; null, with one line that says why, where that cannot be. */
export async function pythonWith(packages: readonly string[], { cwd, what }: { cwd: string; what: string }): Promise<string | null> {
  const venv = path.join(cwd, 'venv')
  const made = await run('python3', ['-m', 'venv', venv], { cwd })
  const bin = path.join(venv, process.platform === 'win32' ? 'Scripts' : 'bin')
  const installed = made.code === 0 ? await run(path.join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], { cwd }) : made
  if (installed.code === 0) return bin
  console.log(`left out, ${made.code === 0 ? 'the Python packages cannot be installed' : 'there is no Python 3 with venv'}: ${what}`)
  return null
}
