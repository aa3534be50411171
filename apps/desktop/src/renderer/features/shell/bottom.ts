import { useSyncExternalStore } from 'react'

export const bottomParts = ['history', 'saved', 'jobs', 'problems'] as const
export type BottomPart = (typeof bottomParts)[number]

let key = 'aquifer.bottom'
/** Each person’s own on this machine. */
export function bottomOf(user: string): void {
  key = `aquifer.bottom.${user}`
}
const listeners = new Set<() => void>()

/** `closed history 260`: whether it is open, at which part, how high; the same on every page. */
const stored = (): string => localStorage.getItem(key) ?? 'closed history'
export const heights = { least: 140, usual: 260, step: 24, page: 120 } as const

function store(value: string): void {
  localStorage.setItem(key, value)
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

interface Bottom {
  isOpen: boolean
  part: BottomPart
  height: number
}

const read = (value: string): Bottom => {
  const [state, name, high] = value.split(' ')
  const height = Number(high)
  return {
    isOpen: state === 'open',
    part: bottomParts.find((each) => each === name) ?? 'history',
    height: Number.isFinite(height) && height >= heights.least ? height : heights.usual,
  }
}
const write = ({ isOpen, part, height }: Bottom) => store(`${isOpen ? 'open' : 'closed'} ${part} ${height}`)

export function useBottom(): Bottom {
  return read(useSyncExternalStore(subscribe, stored))
}

/** Without a part: shows or hides what was there last. */
export function toggleBottom(part?: BottomPart): void {
  const now = read(stored())
  if (part !== undefined) write({ ...now, isOpen: true, part })
  else write({ ...now, isOpen: !now.isOpen })
}

/** Never so high that what it lies under is gone. */
export const highest = (): number => Math.max(heights.least, Math.round(innerHeight * 0.75))
export function resizeBottom(height: number): void {
  write({ ...read(stored()), height: Math.round(Math.min(highest(), Math.max(heights.least, height))) })
}
