import { useMemo } from 'react'
import type { Draft } from '../useCreateNotebook.js'
import { useCreateNotebook } from '../useCreateNotebook.js'

const key = 'aquifer.tour'

export const tourCell = 'by_decade'
export const tourChart = { type: 'bar' as const, of: tourCell, x: 'decade', y: ['women', 'men'] }

/** What the tour is taken on: a question that has an answer in every study. */
export const tourDraft: Draft = {
  title: 'A first look',
  cells: [
    { kind: 'markdown', name: '', source: 'Who is in this study, by decade of birth.' },
    {
      kind: 'sql',
      name: tourCell,
      source:
        "select birth_year // 10 * 10 as decade, count(*) as people,\n       count_if(gender = 'female') as women, count_if(gender = 'male') as men\nfrom patients\ngroup by decade order by decade nulls first",
    },
  ],
}

export const isOnTour = (): boolean => localStorage.getItem(key) === 'on'
export const endTour = (): void => localStorage.setItem(key, 'over')

export function useTour(study: string): { begin(): void; busy: boolean } {
  const { create, busy } = useCreateNotebook(study)
  return useMemo(
    () => ({
      busy,
      begin: () => {
        localStorage.setItem(key, 'on')
        create(tourDraft)
      },
    }),
    [create, busy],
  )
}
