import type { z } from 'zod'
import { ApiFailure, type ProblemBody } from './failure.js'

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** instead of a body: sent as it is */
  csv?: string
  /** instead of a body: a part of a file, under the content type among the headers */
  part?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Api {
  /** Asks and checks the answer against the contract, so that a changed server shows as a message, not as an empty screen. */
  json<T>(path: string, schema: z.ZodType<T>, options?: RequestOptions): Promise<T>
  bytes(path: string, options?: RequestOptions): Promise<{ bytes: Uint8Array; headers: Headers }>
  send(path: string, options: RequestOptions): Promise<void>
}

interface Credentials {
  token(): string | null
  /** The server no longer accepts the token. */
  rejected(): void
}

export function createApi(credentials: Credentials, reached: (answered: boolean) => void): Api {
  async function ask(path: string, { method = 'GET', body, csv, part, headers, signal }: RequestOptions = {}): Promise<Response> {
    const token = credentials.token()
    let answer: Response
    try {
      answer = await fetch(path, {
        method,
        headers: {
          accept: 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(csv === undefined ? {} : { 'content-type': 'text/csv' }),
          ...headers,
        },
        body: part ?? csv ?? (body === undefined ? undefined : JSON.stringify(body)),
        signal,
        cache: 'no-store',
        credentials: 'omit',
      })
    } catch (error) {
      if (signal?.aborted) throw error
      reached(false)
      throw new ApiFailure('offline', 0, {})
    }
    if (answer.ok) {
      reached(true)
      return answer
    }
    const problem = await readProblem(answer)
    reached(problem.code !== 'server-unreachable')
    // A wrong password at a signature leaves the session as it is.
    if (answer.status === 401 && problem.code !== 'sign-in-failed' && token !== null && token === credentials.token())
      credentials.rejected()
    throw new ApiFailure('refused', answer.status, problem, answer.headers.get('x-correlation-id') ?? undefined)
  }

  /** An answer that breaks off says nothing; one that came whole and is no JSON is `undefined`. */
  async function read<T>(body: () => Promise<T>, { signal }: RequestOptions = {}): Promise<T> {
    try {
      return await body()
    } catch (error) {
      if (error instanceof SyntaxError) return undefined as T
      if (signal?.aborted) throw error
      reached(false)
      throw new ApiFailure('offline', 0, {})
    }
  }

  return {
    async json(path, schema, options) {
      const answer = await ask(path, options)
      const parsed = schema.safeParse(await read(() => answer.json(), options))
      if (!parsed.success) throw new ApiFailure('unexpected', answer.status, { detail: firstIssue(parsed.error) })
      return parsed.data
    },
    async bytes(path, options) {
      const answer = await ask(path, options)
      return { bytes: new Uint8Array(await read(() => answer.arrayBuffer(), options)), headers: answer.headers }
    },
    async send(path, options) {
      await ask(path, options)
    },
  }
}

/** Only where the answer differs: its values never reach a message. */
function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  return `Workbench and server are of different versions: ${issue?.path.join('.') || 'the answer'} is not as agreed.`
}

async function readProblem(answer: Response): Promise<ProblemBody> {
  try {
    const body: unknown = await answer.json()
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}
