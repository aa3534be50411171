import { Agent, request } from 'node:http'
import type { Client } from '../client.js'
import { CommandFailed } from '../failure.js'

export interface Answer {
  status: number
  body: string
}

/** Connections that stay open, with one token for all that is measured. */
export interface Connections {
  send(call: { method: 'GET' | 'POST' | 'PUT'; path: string; body?: string | Buffer }): Promise<Answer>
  close(): void
}

const jsonFhir = 'application/json+fhir'

export async function openConnections(client: Client, study: string, count: number): Promise<Connections> {
  const { access_token: token } = await client.token({ role: 'integrator', studies: [study], ttlS: 3600 })
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  const { hostname, port } = new URL(client.url)
  const always = { authorization: `Bearer ${token}`, 'x-aquifer-study': study, accept: jsonFhir }
  return {
    send: ({ method, path, body }) =>
      new Promise((resolve, reject) => {
        const headers = body === undefined ? always : { ...always, 'content-type': jsonFhir, 'content-length': Buffer.byteLength(body) }
        const sent = request({ agent, hostname, port, method, path: `/fhir-server/api/v1/${path}`, headers }, (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('error', reject)
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }))
        })
        sent.on('error', reject).end(body)
      }),
    close: () => agent.destroy(),
  }
}

/** Does all tasks, so many at once; how long each took, in milliseconds. */
export async function inLanes<T>(tasks: readonly T[], lanes: number, work: (task: T) => Promise<void>): Promise<number[]> {
  const took: number[] = []
  const waiting = tasks.values()
  const lane = async (): Promise<void> => {
    for (const task of waiting) {
      const started = performance.now()
      await work(task)
      took.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return took
}

/** The answer, if it is one of those that are expected; else the end, with the server's word for it and never with its data. */
export function mustBe(answer: Answer, ...statuses: number[]): Answer {
  if (statuses.includes(answer.status)) return answer
  const code = /"code":"([a-z-]+)"/.exec(answer.body)?.[1] ?? 'no reason'
  throw new CommandFailed(`A request of the measurement was answered ${answer.status} (${code}).`)
}
