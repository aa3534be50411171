// What the page may load and where it lives, the same for the program's own scheme and for the server that hosts the page.

/** No eval, no inline script, no other origin. Monaco writes style attributes, hence the one exception. */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const pageOrigin = 'app://workbench'

const serverPaths = [
  '/access/',
  '/audit/',
  '/consent/',
  '/datalake/',
  '/datareservoir/',
  '/fhir-server/',
  '/health/',
  '/identity/',
  '/jobs/',
  '/masking/',
  '/pipeline/',
  '/query/',
  '/registration/',
  '/study/',
]

/** Paths that the server answers; all others are files of the page. */
export function isServerPath(path: string): boolean {
  return serverPaths.some((prefix) => path.startsWith(prefix))
}
