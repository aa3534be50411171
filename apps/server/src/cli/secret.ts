import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { WrongUsage } from './failure.js'

/** A password: typed without showing, or the first line of stdin. Never an argument, where other users of the machine could read it. */
export async function readSecret(label: string): Promise<string> {
  const { stdin, stderr } = process
  if (stdin.isTTY) stderr.write(`${label}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY })
  for await (const line of lines) {
    lines.close()
    if (stdin.isTTY) stderr.write('\n')
    if (line !== '') return line
    break
  }
  throw new WrongUsage('The password comes from stdin: type it, or pipe it in.')
}
