import { createHash } from 'node:crypto'
import { derivedUuid } from '@aquifer/core/id'

/** An id that follows from what it names, so that the same file gives the same ids again. */
export const derivedId = (...parts: readonly string[]): string =>
  derivedUuid((namespace, text) => createHash('sha1').update(namespace).update(text).digest(), ...parts)
