import { hash } from 'node:crypto'
import { stringifyResource } from '@aquifer/core/fhir'
import type { JsonObject } from '@aquifer/core/fhir'
import type { StoredVersion } from './types.js'

// Stored bytes begin so that version and time can be put in at a place known without looking.
export const contentHead = (type: string, id: string): string => `{"resourceType":"${type}","id":"${id}","meta":{`

// The bytes to store: the resource as sent, but for the order of its first three properties and what the server says in meta.
export function contentOf(resource: JsonObject, type: string, id: string): Buffer {
  const { resourceType: _type, id: _id, meta, ...rest } = resource
  const { versionId: _version, lastUpdated: _time, ...kept } = typeof meta === 'object' && meta !== null ? (meta as JsonObject) : {}
  const inner = stringifyResource(kept).slice(1)
  const tail = stringifyResource(rest).slice(1)
  return Buffer.from(`${contentHead(type, id)}${inner}${tail === '}' ? '' : ','}${tail}`)
}

// 2026-11: 2 µs; a Hash object for each takes 7 µs.
export const contentHash = (content: Uint8Array): Buffer => hash('sha256', content, 'buffer').subarray(0, 16)

const closingBrace = 0x7d

// What a client gets: the stored bytes with versionId and lastUpdated.
export function serve(stored: Pick<StoredVersion, 'type' | 'id' | 'version' | 'updatedAt'> & { content: Buffer }): Buffer {
  const at = Buffer.byteLength(contentHead(stored.type, stored.id))
  const said = `"versionId":"${stored.version}","lastUpdated":"${new Date(stored.updatedAt).toISOString()}"`
  const comma = stored.content[at] === closingBrace ? '' : ','
  return Buffer.concat([stored.content.subarray(0, at), Buffer.from(said + comma), stored.content.subarray(at)])
}
