import { hash, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Hmac } from '@aquifer/core/masking'

const blockBytes = 64
const hashBytes = 32
const keyBytesMin = 16
const messageBytesMax = 4096

/**
 * HMAC-SHA-256 under this key. Written out as the two hashes that RFC 2104 says it is: 2026-11, one core of the 2-core machine under
 * load: createHmac 3.9 µs, two calls of crypto.hash on kept buffers 1.3 µs; masking needs one or more per resource.
 */
export function hmacOf(key: Uint8Array): Hmac {
  const block = key.length > blockBytes ? hash('sha256', key, 'buffer') : Buffer.from(key)
  const inner = Buffer.alloc(blockBytes + messageBytesMax, 0x36)
  const outer = Buffer.alloc(blockBytes + hashBytes, 0x5c)
  for (let at = 0; at < blockBytes; at++) {
    const byte = block[at] ?? 0
    inner[at] = byte ^ 0x36
    outer[at] = byte ^ 0x5c
  }
  const pad = Buffer.from(inner.subarray(0, blockBytes))
  return (message) => {
    const fits = message.length * 3 <= messageBytesMax
    const text = fits ? inner.subarray(0, blockBytes + inner.write(message, blockBytes)) : Buffer.concat([pad, Buffer.from(message)])
    outer.write(hash('sha256', text, 'binary'), blockBytes, 'latin1')
    return hash('sha256', outer, 'binary')
  }
}

export function randomMaskingKey(): Uint8Array {
  return randomBytes(hashBytes)
}

/** The key of a study's pseudonyms and shifts: always the same under the same master key. */
export function maskingKeyFor(masterKey: Uint8Array, study: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, 'aquifer', `masking ${study}`, hashBytes))
}

/** A key file holds the key's bytes, or 32 or more of them as hexadecimal text; null where it is too short to be a secret. */
export function readMaskingKey(file: string): Uint8Array | null {
  const bytes = readFileSync(file)
  const text = bytes.toString('latin1').trim()
  if (/^([0-9a-f]{2}){32,}$/i.test(text)) return Buffer.from(text, 'hex')
  const key = /^[\x21-\x7e]+$/.test(text) ? Buffer.from(text) : bytes
  return key.length < keyBytesMin ? null : key
}
