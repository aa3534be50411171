import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  displayDecisionsResult,
  displayList,
  heldGroups,
  heldPreview,
  heldRelease,
  heldResources,
  type DisplayDecisionsRequest,
  type DisplayListState,
} from '@aquifer/core/contract'
import type { PolicyNamed } from './masking-queries.js'
import { useApi } from './SessionProvider.js'

const held = '/pipeline/api/v1/held'
const masking = '/masking/api/v1'
const q = encodeURIComponent
// Each look leaves an audit record.
const lookMs = { working: 5000, else: 60_000 }

export function useHeld(study: string, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['held', study],
    queryFn: ({ signal }) => api.json(`${held}?study=${q(study)}`, heldGroups, { signal }),
    enabled,
    refetchInterval: ({ state }) => (state.data?.rebuilding ? lookMs.working : lookMs.else),
  })
}
/** The resources of one cause, a page at a time. */
export function useHeldResources(study: string, cause: string, page: number) {
  const api = useApi()
  return useQuery({
    queryKey: ['held', study, cause, page],
    queryFn: ({ signal }) => api.json(`${held}/resources?study=${q(study)}&cause=${q(cause)}&page=${page}`, heldResources, { signal }),
    placeholderData: keepPreviousData,
  })
}
export function usePreviewHeld(study: string) {
  const api = useApi()
  return useMutation({
    mutationFn: (named: PolicyNamed) => {
      const policy = 'name' in named ? named.name : 'text' in named ? named.text : named
      return api.json(`${held}/preview`, heldPreview, { method: 'POST', body: { study, policy } })
    },
  })
}
export function useReleaseHeld(study: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) => api.json(`${held}/release`, heldRelease, { method: 'POST', body: { study, reason } }),
    onSuccess: () => queries.invalidateQueries(),
  })
}

export function useDisplays(study: string, state: DisplayListState, page: number) {
  const api = useApi()
  return useQuery({
    queryKey: ['displays', study, state, page],
    queryFn: ({ signal }) => api.json(`${masking}/displays?study=${q(study)}&state=${state}&page=${page}`, displayList, { signal }),
    placeholderData: keepPreviousData,
  })
}
export function useDecideDisplays() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: DisplayDecisionsRequest) =>
      api.json(`${masking}/displays/decisions`, displayDecisionsResult, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['displays'] }),
  })
}
