import { useMemo } from 'react'
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

export const isOnTour = (): boolean => localStorage.getItem(key) === 'on'
export const endTour = (): void => localStorage.setItem(key, 'over')

export function useTour(study: string): { begin(): void; busy: boolean } {
  const { create, busy } = useCreateNotebook(study)
  const counts = useCountsOnly()
  return useMemo(
    () => ({
      busy,
      begin: () => {
        localStorage.setItem(key, 'on')
        create(tourDraft(counts))
      },
    }),
    [create, busy, counts],
  )
}
