import { mayTouch, type DataClass, type Role } from '../access/index.js'

/** SMART Backend Services scopes. A scope narrows what the client's role permits and never widens it. */
export const systemScopes = ['system/*.read', 'system/*.write'] as const
export type SystemScope = (typeof systemScopes)[number]

const classes: readonly DataClass[] = ['study', 'consent', 'person', 'reading', 'clinical', 'reference']

export const permittedScopes = (role: Role): SystemScope[] =>
  systemScopes.filter((scope) => classes.some((data) => mayTouch(role, scope === 'system/*.read' ? 'read' : 'write', data)))

const fhirBase = '/fhir-server/'

/** Whether a token with these scopes may make a request; only FHIR has scopes, elsewhere the role alone decides. */
export function scopesPermit(scopes: readonly string[], request: { method: string; path: string }): boolean {
  if (!request.path.startsWith(fhirBase)) return true
  const reads = request.method === 'GET' || request.method === 'HEAD' || (request.method === 'POST' && request.path.endsWith('/_search'))
  return scopes.includes(reads ? 'system/*.read' : 'system/*.write')
}
