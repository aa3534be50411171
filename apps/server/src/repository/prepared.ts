import { createHash } from 'node:crypto'
import type { QueryConfig } from 'pg'

// The shapes of searches are few; a client can make up others, and each stays with every connection.
const namedMax = 300
const names = new Map<string, string>()

/** The statement under a name of its own, so that each connection reads it once. */
export function prepared(text: string, parameters: readonly unknown[]): QueryConfig {
  let name = names.get(text)
  if (name === undefined && names.size < namedMax) {
    name = `s-${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`
    names.set(text, name)
  }
  return { ...(name === undefined ? {} : { name }), text, values: [...parameters] }
}
