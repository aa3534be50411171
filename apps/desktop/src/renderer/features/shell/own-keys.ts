import { useSyncExternalStore } from 'react'
import { z } from 'zod'
import { sameStroke, strokesOf, type Stroke } from './keys.js'

// Keys that a person gave to commands instead of ours, on this machine.

export interface Keyed {
  id: string
  name: string
  keys?: string
  otherKeys?: readonly string[]
}

const chosen = z.record(z.string(), z.string())
export type OwnKeys = z.infer<typeof chosen>

let place = 'aquifer.keys'
let held: OwnKeys = {}
const listeners = new Set<() => void>()

export function ownKeysOf(user: string): void {
  place = `aquifer.keys.${user}`
  try {
    held = chosen.parse(JSON.parse(localStorage.getItem(place) ?? '{}'))
  } catch {
    held = {}
  }
}

export const ownKeys = (): OwnKeys => held

export function useOwnKeys(): OwnKeys {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, ownKeys)
}

/** Null: as it was at first. */
export function giveKeys(id: string, keys: string | null): void {
  const others = Object.fromEntries(Object.entries(held).filter(([each]) => each !== id))
  held = keys === null ? others : { ...others, [id]: keys }
  localStorage.setItem(place, JSON.stringify(held))
  for (const listener of listeners) listener()
}

export function resetKeys(): void {
  held = {}
  localStorage.removeItem(place)
  for (const listener of listeners) listener()
}

/** What was chosen takes the place of all keys that a command had. */
export function withOwnKeys<T extends Keyed>(command: T, own: OwnKeys): T {
  const keys = own[command.id]
  return keys === undefined ? command : { ...command, keys, otherKeys: [] }
}

export const allKeys = ({ keys, otherKeys }: Pick<Keyed, 'keys' | 'otherKeys'>): string[] => [
  ...(keys === undefined ? [] : [keys]),
  ...(otherKeys ?? []),
]

/** Another command that the same keys would mean. */
export function conflictOf(commands: readonly Keyed[], id: string, keys: string): Keyed | null {
  const wanted = strokesOf(keys)
  const isSame = (other: Stroke[]) => other.length === wanted.length && wanted.every((stroke, at) => sameStroke(stroke, other[at]!))
  return commands.find((command) => command.id !== id && allKeys(command).some((each) => isSame(strokesOf(each)))) ?? null
}
