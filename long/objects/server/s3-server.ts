// An S3-compatible server (moto, in Python) on loopback, and a way to it that can be made to fail.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface S3Server {
  url: string
  stop(): Promise<void>
}

export async function startS3Server(python: string): Promise<S3Server> {
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const url = await addressOf(child)
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-4000)
        const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)
        if (found) resolve(found[1] ?? '')
      })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`the S3 server ended: ${output}`)))
  })
}

/** What the way does with requests whose method and path it holds for. */
type Fault = 'refuse' | 'no-answer' | 'answer-lost' | 'cut-off'
export interface Way {
  url: string
  /** null: everything arrives */
  fault: { kind: Fault; of: (method: string, path: string) => boolean } | null
  /** Requests since the start. */
  seen: { method: string; path: string }[]
  close(): Promise<void>
}

export async function openWay(to: string): Promise<Way> {
  const held = new Set<ServerResponse>()
  const server = createServer((asked, answer) => {
    const [method, at] = [asked.method ?? 'GET', asked.url ?? '/']
    way.seen.push({ method, path: at })
    const kind = way.fault?.of(method, at) === true ? way.fault.kind : null
    if (kind === 'refuse') {
      asked.resume()
      answer.writeHead(503, { 'content-type': 'application/xml' }).end('<Error><Code>SlowDown</Code></Error>')
    } else if (kind === 'no-answer') held.add(answer)
    else forward(to, asked, answer, kind)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const way: Way = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: null,
    seen: [],
    close: () =>
      new Promise((resolve) => {
        for (const answer of held) answer.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return way
}

function forward(to: string, asked: IncomingMessage, answer: ServerResponse, kind: Fault | null): void {
  const { hostname, port } = new URL(to)
  const { method, url: at, headers } = asked
  const onward = request({ hostname, port, method, path: at, headers }, (came) => {
    if (kind === 'answer-lost') {
      came.resume().once('end', () => answer.destroy())
      return
    }
    answer.writeHead(came.statusCode ?? 500, came.headers)
    if (kind === 'cut-off') came.once('data', (chunk: Buffer) => answer.write(chunk.subarray(0, 1), () => answer.destroy()))
    else came.pipe(answer)
  })
  onward.once('error', () => answer.destroy())
  asked.pipe(onward)
}
