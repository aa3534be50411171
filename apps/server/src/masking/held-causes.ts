import { createHash } from 'node:crypto'
import type { HeldResource } from './held-list.js'

/** Resources that are held for the same reason, and what to do about them. */
export interface HeldCause {
  /** Names the group in an address, where what it is about must not stand. */
  cause: string
  reason: string
  detail: string | null
  type: string
  remedy: string
  resources: HeldResource[]
}

/** Largest groups first. */
export function causesOf(held: readonly HeldResource[]): HeldCause[] {
  const causes = new Map<string, HeldCause>()
  for (const row of held) {
    const cause = causeOf(row)
    const { reason, detail, type } = row
    const known = causes.get(cause) ?? { cause, reason, detail, type, remedy: remedyFor(reason), resources: [] }
    known.resources.push(row)
    causes.set(cause, known)
  }
  return [...causes.values()].sort((a, b) => b.resources.length - a.resources.length || (a.cause < b.cause ? -1 : 1))
}

export const causeOf = ({ reason, detail, type }: Pick<HeldResource, 'reason' | 'detail' | 'type'>): string =>
  createHash('sha256')
    .update(JSON.stringify([reason, detail, type]))
    .digest('hex')
    .slice(0, 16)

const remedies: Readonly<Record<string, string>> = {
  'unknown-modifier-extension':
    'Find out what the extension says. If masked data may hold it, list its address under modifierExtensions of the policy, preview, and activate the policy; if not, let the sender send the resource without it.',
  'unreadable-modifier':
    'An element that turns the meaning of the resource, such as a status, has a value that DSTU2 does not know. Let the sender correct it: the next version is masked.',
  'unknown-implicit-rules':
    'The resource says that it can only be read by rules of its own (implicitRules). Let the sender send it without, or as plain DSTU2.',
  'nested-too-deep': 'The resource holds others, or groups, deeper than any DSTU2 resource needs. Let the sender send it flatter.',
  'unknown-type': 'A resource inside it is of a type that DSTU2 does not have. Let the sender correct it.',
  'not-a-resource': 'What was stored is no resource of its type. Let the sender send it again.',
  unreadable: 'What was stored cannot be read. Let the sender send it again, and tell whoever runs the server.',
  'does-not-fit-schema':
    'What is left after masking does not fit the columns of its type, such as a text where a number belongs. Let the sender correct it, or let the policy remove the element; then release.',
}

const remedyFor = (reason: string): string =>
  remedies[reason] ?? 'Let the sender correct the resource, or change the policy, and preview it before it is activated.'
