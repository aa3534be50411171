// The built server with the largest files: what is too large is refused however it comes, and memory stays flat while 500 MB go up and down.
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'

const program = path.join(packageRoot, 'bin/aquifer.mjs')
const megabyte = 1024 * 1024
const largest = 500 * megabyte
// Chunks on their way, hashes and the engine that looks at a file; far below the file.
const growthMbMax = 150
const piece = randomBytes(megabyte)
let dataDir = ''
let server: ChildProcess
let [url, analyst] = ['', '']

beforeAll(async () => {
  dataDir = await preparedDataDir()
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_'))
  const env = { ...Object.fromEntries(inherited), AQUIFER_DATA: dataDir }
  server = spawn(process.execPath, [program, 'serve', '--port', '0', '--roles', 'api'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  url = await new Promise<string>((resolve, reject) => {
    server.once('exit', () => reject(new Error('it ended before it was ready')))
    server.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const found = /^ready (http:\S+)$/m.exec((out += text))?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const told = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
    expect([args[0], await new Promise((resolve) => child.once('close', resolve))]).toEqual([args[0], 0])
    return text.trim()
  }
  await told('study', 'create', 'S', '--name', 'S')
  analyst = await told('token', '--role', 'analyst', '--study', 'S')
})
afterAll(async () => {
  server.kill('SIGTERM')
  await new Promise((resolve) => server.once('exit', resolve))
  rmSync(dataDir, { recursive: true, force: true })
})

const userOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub
const named = (name: string) => ({
  'content-disposition': `attachment; filename="${name}"`,
  'x-aquifer-attestation': 'Nobody can be recognised in it.',
  'content-type': 'application/octet-stream',
})
interface Answered {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: number
  sha256: string
}
/** Sends so many bytes without saying how many, as far as they are taken. */
function ask(method: string, at: string, headers: Record<string, string>, bytes = 0): Promise<Answered> {
  const all = { authorization: `Bearer ${analyst}`, 'x-correlation-id': 'large', 'x-aquifer-user': userOf(analyst), ...headers }
  return new Promise((resolve, reject) => {
    let answered = false
    const sent = request(new URL(at, url), { method, headers: all, agent: false }, (answer) => {
      answered = true
      const hash = createHash('sha256')
      let got = 0
      answer.on('data', (chunk: Buffer) => {
        hash.update(chunk)
        got += chunk.length
      })
      answer.once('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: got, sha256: hash.digest('hex') })
        sent.destroy()
      })
    })
    sent.on('error', (error) => (answered ? undefined : reject(error)))
    let goOn = (): void => undefined
    for (const event of ['drain', 'response', 'close']) sent.on(event, () => goOn())
    void (async () => {
      for (let left = bytes; left > 0 && !answered && !sent.destroyed; left -= piece.length)
        if (!sent.write(piece.subarray(0, Math.min(left, piece.length)))) await new Promise<void>((resolve) => (goOn = resolve))
      if (!answered) sent.end()
    })()
  })
}
const onDisk = (): string[] =>
  readdirSync(path.join(dataDir, 'files'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /reservoir|incoming|uploads/.test(entry.parentPath))
    .map((entry) => entry.name)
const peakMb = (): number => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024
// Where the kernel tells: the peak from here on.
const isLinux = process.platform === 'linux'
const forgetPeak = () => writeFileSync(`/proc/${server.pid}/clear_refs`, '5')

test('500 MB without a length come in whole, more is 413 while it comes, and memory stays flat', async () => {
  // Once with little, so that all that is loaded at need is there before.
  const small = await ask('POST', '/datareservoir/api/v1/data', named('small.bin'), megabyte)
  expect(small.status).toBe(201)
  if (isLinux) forgetPeak()
  const before = isLinux ? peakMb() : 0
  const stored = await ask('POST', '/datareservoir/api/v1/data', named('large.bin'), largest)
  expect(stored.status).toBe(201)
  const whole = createHash('sha256')
  for (let n = 0; n < largest / piece.length; n += 1) whole.update(piece)
  const back = await ask('GET', String(stored.headers['location']), {})
  expect([back.status, back.bytes, back.sha256]).toEqual([200, largest, whole.digest('hex')])
  const files = onDisk()
  expect((await ask('POST', '/datareservoir/api/v1/data', named('larger.bin'), largest + 1)).status).toBe(413)
  expect(onDisk()).toEqual(files)
  if (isLinux) expect(peakMb() - before).toBeLessThan(growthMbMax)
})

test('an upload in parts beyond 500 MB is 413 at the part that is too much, and is given up', async () => {
  const files = onDisk()
  const begun = await ask('POST', '/datareservoir/api/v1/data', { ...named('parts.bin'), 'upload-complete': '?0' }, 300 * megabyte)
  expect([begun.status, begun.headers['upload-offset']]).toEqual([201, String(300 * megabyte)])
  const at = String(begun.headers['location'])
  const part = { 'upload-offset': String(300 * megabyte), 'content-type': 'application/partial-upload' }
  const more = await ask('PATCH', at, { ...part, 'upload-complete': '?1' }, 200 * megabyte + 1)
  expect([more.status, (await ask('HEAD', at, {})).status, onDisk()]).toEqual([413, 404, files])
  // Where the whole is known to be too much nothing of it is taken.
  const said = { ...named('said.bin'), 'upload-complete': '?0', 'upload-length': String(largest + 1) }
  expect((await ask('POST', '/datareservoir/api/v1/data', said)).status).toBe(413)
})
