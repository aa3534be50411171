import { useSyncExternalStore } from 'react'

export const bottomParts = ['history', 'jobs', 'problems'] as const
export type BottomPart = (typeof bottomParts)[number]

const key = 'aquifer.bottom'
const listeners = new Set<() => void>()

/** `closed history`: whether it is open, and at which part; the same on every page. */
const stored = (): string => localStorage.getItem(key) ?? 'closed history'

function store(value: string): void {
  localStorage.setItem(key, value)
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const read = (value: string): { isOpen: boolean; part: BottomPart } => {
  const [state, name] = value.split(' ')
  return { isOpen: state === 'open', part: bottomParts.find((each) => each === name) ?? 'history' }
}

export function useBottom(): { isOpen: boolean; part: BottomPart } {
  return read(useSyncExternalStore(subscribe, stored))
}

/** Without a part: shows or hides what was there last. */
export function toggleBottom(part?: BottomPart): void {
  const now = read(stored())
  if (part !== undefined) store(`open ${part}`)
  else store(`${now.isOpen ? 'closed' : 'open'} ${now.part}`)
}
