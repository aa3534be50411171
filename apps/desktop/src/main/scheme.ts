import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { net, protocol } from 'electron'
import { contentSecurityPolicy, isServerPath } from '../bridge/page-policy.js'
import type { ServerAddress } from './server-address.js'

/** Has to run before the program is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
}

/** `app://workbench/…`: files of the page, and the server's API behind the same origin, so that no cross-origin rule is needed. */
export function serveScheme(root: string, server: ServerAddress): void {
  protocol.handle('app', (request) => {
    const url = new URL(request.url)
    if (url.host !== 'workbench') return new Response('not found', { status: 404 })
    return isServerPath(url.pathname) ? forward(request, url, server.get()) : file(root, url)
  })
}

const dropped = new Set(['origin', 'referer', 'cookie', 'host', 'content-length', 'accept-encoding', 'connection'])

async function forward(request: Request, url: URL, origin: string): Promise<Response> {
  const headers = new Headers([...request.headers].filter(([name]) => !dropped.has(name) && !name.startsWith('sec-')))
  // Bodies are small (statements, notebooks), so they are sent whole: streaming uploads need HTTP/2.
  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : await request.arrayBuffer()
  try {
    const answer = await net.fetch(`${origin}${url.pathname}${url.search}`, {
      method: request.method,
      headers,
      body,
      signal: request.signal,
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
    })
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers: withoutEncoding(answer.headers) })
  } catch {
    const problem = { type: 'about:blank', title: 'The server does not answer', status: 503, code: 'server-unreachable' }
    return new Response(JSON.stringify(problem), { status: 503, headers: { 'content-type': 'application/problem+json' } })
  }
}

/** The body arrives decoded; its old length and encoding would be wrong. */
function withoutEncoding(from: Headers): Headers {
  const headers = new Headers(from)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding', 'set-cookie']) headers.delete(name)
  return headers
}

async function file(root: string, url: URL): Promise<Response> {
  const relative = decodeURIComponent(url.pathname)
  const name = path.normalize(path.join(root, relative === '/' ? 'index.html' : relative))
  if (!name.startsWith(root + path.sep)) return new Response('not found', { status: 404 })
  try {
    const found = await net.fetch(pathToFileURL(name).toString())
    const headers = new Headers(found.headers)
    headers.set('content-security-policy', contentSecurityPolicy)
    headers.set('x-content-type-options', 'nosniff')
    headers.set('referrer-policy', 'no-referrer')
    return new Response(found.body, { status: found.status, headers })
  } catch {
    return new Response('not found', { status: 404 })
  }
}
