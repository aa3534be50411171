import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { refuse } from '@aquifer/core/refusal'
import { sendRefusal } from '../answer.js'

const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

// Names that the bundler gives carry a hash of the content.
const isHashed = (file: string): boolean =>
  /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path.basename(file)) && file.includes(`${path.sep}assets${path.sep}`)
const isApi = (url: string): boolean => /^\/(?:[a-z-]+\/api\/|oidc\/|v2\/|health\/|metrics|openapi\.json|docs|\.well-known\/)/.test(url)

/** The workbench's own files at `/`; every other address of the page is the page itself. */
export function workbenchRoutes(app: FastifyInstance, folder: string): void {
  const present = existsSync(path.join(folder, 'index.html'))
  if (present) {
    app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, open: true, unaudited: true }
      })
      await scope.register(fastifyStatic, {
        root: folder,
        index: ['index.html'],
        wildcard: false,
        cacheControl: false,
        setHeaders(reply, file) {
          void reply.header('cache-control', isHashed(file) ? 'public, max-age=31536000, immutable' : 'no-cache')
          void reply.header('content-security-policy', policy)
        },
      })
    })
  }
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage = request.method === 'GET' && present && !isApi(request.url) && (request.headers.accept ?? '').includes('text/html')
    if (wantsPage) {
      request.aquifer.facts.recorded = true
      const page = await readFile(path.join(folder, 'index.html'))
      return reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' }).type('text/html; charset=utf-8').send(page)
    }
    return sendRefusal(
      request,
      reply,
      refuse('unknown', {
        detail: present || request.url !== '/' ? 'There is nothing at this address.' : 'The workbench is not built: run "npm run build".',
      }),
    )
  })
}
