import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Bench, Hand } from './bench.js'

export const BenchContext = createContext<Bench | null>(null)

export function useBench(): Bench {
  const bench = useContext(BenchContext)
  if (bench === null) throw new Error('no bench around this part of the page')
  return bench
}

const never = () => () => undefined

/** Where the inspector has its place; null where there is no bench, and it stands where it is written. */
export function useInspectorPlace(): HTMLElement | null {
  const bench = useContext(BenchContext)
  return useSyncExternalStore(bench?.subscribe ?? never, () => bench?.inspector() ?? null)
}

export function useHand(): Hand | null {
  const bench = useBench()
  return useSyncExternalStore(bench.subscribe, bench.hand)
}

/** Of several notebooks on screen one is in front: keys, commands and the inspector are its. */
export const InFront = createContext(true)
export const useInFront = (): boolean => useContext(InFront)
