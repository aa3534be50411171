import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Grant } from '@aquifer/core/access'

const ivBytes = 12
const tagBytes = 16

/** Where a page goes on, as clients get it: an id in it can be a medical record number, and addresses end up in logs. */
export interface PageTokens {
  seal(cursor: string, grant: Grant): string
  /** null: not one of ours, or another user’s */
  open(token: string, grant: Grant): string | null
}

const holderOf = (grant: Grant): Buffer => Buffer.from(JSON.stringify([grant.user, grant.role]))

export function openPageTokens(key: Buffer): PageTokens {
  return {
    seal(cursor, grant) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(holderOf(grant))
      const sealed = Buffer.concat([cipher.update(cursor, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(token, grant) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length <= ivBytes + tagBytes) return null
      const opened = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(holderOf(grant))
        .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
      try {
        return Buffer.concat([opened.update(bytes.subarray(ivBytes + tagBytes)), opened.final()]).toString('utf8')
      } catch {
        return null
      }
    },
  }
}
