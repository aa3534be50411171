import { endpoints, problem, type Endpoint } from '@aquifer/core/contract'
import { openSchemaBook, type SchemaBook } from './openapi-schemas.js'

const all: readonly Endpoint[] = Object.values(endpoints)

/** The API in OpenAPI 3.1, made from the endpoints of the contract; nothing is described twice. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const book = openSchemaBook(all)
  for (const [name, endpoint] of Object.entries(endpoints) as [string, Endpoint][]) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation(book, name, endpoint) }
  }
  book.of('problem', 'answer', problem)
  return {
    openapi: '3.1.0',
    info: { title: 'Aquifer', version, description: 'Health data for studies: FHIR in, consent, a masked reservoir out.' },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: book.all,
    },
    security: [{ bearer: [] }],
  }
}

function operation(book: SchemaBook, name: string, endpoint: Endpoint): Record<string, unknown> {
  const inPath = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = (endpoint.query ?? []).map((each) => ({ name: each, in: 'query', schema: { type: 'string' } }))
  const inHeaders = (endpoint.headers ?? []).map((each) => ({ name: each, in: 'header', required: true, schema: { type: 'string' } }))
  const parameters = [...inPath, ...inQuery, ...inHeaders]
  const status = String(endpoint.status ?? 200)
  const errorType = endpoint.system === 'fhir-server' ? 'application/json+fhir' : 'application/problem+json'
  const hasBody = endpoint.body !== undefined || endpoint.bodyType !== undefined
  return {
    operationId: name,
    summary: endpoint.summary,
    tags: [endpoint.system],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(hasBody
      ? {
          requestBody: {
            required: true,
            content: contentOf(
              endpoint.bodyType ?? 'application/json',
              endpoint.body ? { schema: book.of(name, 'request', endpoint.body) } : {},
            ),
          },
        }
      : {}),
    responses: {
      [status]: {
        description: status === '204' ? 'Done' : 'The answer',
        ...(status === '204' ? {} : { content: answerContent(book, name, endpoint) }),
      },
      default: {
        description: 'Refused',
        content: contentOf(errorType, errorType === 'application/problem+json' ? { schema: { $ref: '#/components/schemas/Problem' } } : {}),
      },
    },
    ...(endpoint.open === true ? { security: [] } : {}),
  }
}

/** FHIR goes in both of its forms. */
const contentOf = (type: string, content: Record<string, unknown>): Record<string, unknown> =>
  type === 'application/json+fhir' ? { [type]: content, 'application/xml+fhir': content } : { [type]: content }

function answerContent(book: SchemaBook, name: string, endpoint: Endpoint): Record<string, unknown> {
  const schema = endpoint.answer === undefined ? {} : { schema: book.of(name, 'answer', endpoint.answer) }
  const type = endpoint.answerType ?? 'application/json'
  if (endpoint.answer === undefined || type === 'application/json') return contentOf(type, schema)
  return { [type]: {}, 'application/json': schema }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The same for people, as a page without scripts. */
export function docsPage(version: string): string {
  const systems = [...new Set(all.map((endpoint) => endpoint.system))]
  const rows = (system: string): string =>
    all
      .filter((endpoint) => endpoint.system === system)
      .map(
        (endpoint) =>
          `<tr><td><code>${endpoint.method}</code></td><td><code>${escaped(endpoint.path)}</code></td><td>${escaped(endpoint.summary)}${endpoint.open ? ' <small>(open)</small>' : ''}</td></tr>`,
      )
      .join('\n')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Aquifer API</title>
<style>body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2933}table{border-collapse:collapse;width:100%}td{border-bottom:1px solid #d8dee4;padding:4px 8px;vertical-align:top}small{color:#667}</style>
</head><body><h1>Aquifer ${escaped(version)}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>, <a href="/fhir-server/api/v1/metadata">Conformance</a>.</p>
${systems.map((system) => `<h2>${escaped(system)}</h2><table>${rows(system)}</table>`).join('\n')}
</body></html>`
}
