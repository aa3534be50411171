import type { FastifyInstance } from 'fastify'

/** Every route of a running server, as the router itself tells them; HEAD goes with GET. */
export function routesOf(app: FastifyInstance): { method: string; url: string }[] {
  const lines = app.printRoutes({ includeHooks: false })
  const found: { method: string; url: string }[] = []
  const path: string[] = []
  for (const line of lines.split('\n')) {
    const match = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line)
    if (!match) continue
    const depth = (match[1] ?? '').length / 4
    path.splice(depth, path.length, match[2] ?? '')
    for (const method of (match[3] ?? '').split(', '))
      if (method !== '' && method !== 'HEAD') found.push({ method, url: path.join('').replace(/(?<=.)\/$/, '') })
  }
  return found
}
