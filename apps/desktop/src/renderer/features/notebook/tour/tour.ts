import { useMemo, useSyncExternalStore } from 'react'
import { useCountsOnly } from '../CountsOnly.js'
import { byDecade } from '../example.js'
import type { Draft } from '../useCreateNotebook.js'
import { useCreateNotebook } from '../useCreateNotebook.js'

const key = 'aquifer.tour'

export const tourCell = 'by_decade'
export const tourTitle = 'A first look'

/** What the tour is taken on: a question that has an answer in every study. */
const tourDraft = (counts: boolean): Draft => ({
  title: tourTitle,
  cells: [
    { kind: 'markdown', name: '', source: 'Who is in this study, by decade of birth.' },
    { kind: 'sql', name: tourCell, source: byDecade(counts) },
  ],
})

const listeners = new Set<() => void>()
const put = (state: 'on' | 'over'): void => {
  localStorage.setItem(key, state)
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** It may be begun while notebooks are on screen. */
export const useIsOnTour = (): boolean => useSyncExternalStore(subscribe, () => localStorage.getItem(key) === 'on')
export const endTour = (): void => put('over')

export function useTour(study: string): { begin(): void; busy: boolean } {
  const { create, busy } = useCreateNotebook(study)
  const counts = useCountsOnly()
  return useMemo(
    () => ({
      busy,
      begin: () => {
        put('on')
        create(tourDraft(counts))
      },
    }),
    [create, busy, counts],
  )
}
