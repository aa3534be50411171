import type { FastifyInstance } from 'fastify'
import { endpoints } from '@aquifer/core/contract'
import { bind } from '../bind.js'
import { docsPage, openApi } from '../openapi.js'
import type { RoutedSystems } from '../systems.js'

export function operationsRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const quiet = { act: 'other', unaudited: true } as const
  bind(app, endpoints.live, { ...quiet, handler: async () => ({ body: { live: true } }) })
  bind(app, endpoints.ready, {
    ...quiet,
    handler: async () => {
      const health = await systems.health()
      return { status: health.ready ? 200 : 503, body: health }
    },
  })
  bind(app, endpoints.metrics, {
    ...quiet,
    handler: async () => {
      const { contentType, body } = await systems.metrics.text()
      return { type: contentType, body }
    },
  })
  bind(app, endpoints.openapi, { ...quiet, handler: async () => ({ body: openApi(systems.version) }) })
  bind(app, endpoints.docs, { ...quiet, handler: async () => ({ type: 'text/html; charset=utf-8', body: docsPage(systems.version) }) })
}
