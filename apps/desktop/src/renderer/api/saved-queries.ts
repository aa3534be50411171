import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { jobView, savedQueryList, savedQueryView, type SavedQueryDraft } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/query/api/v1/saved-queries'
const lookMs = { waiting: 800, else: 5000 }
const keyOf = (study: string) => ['saved-queries', study]

/** The caller's own; a run that ends shows itself, at once to whoever waits for it. */
export function useSavedQueries(study: string, isWaiting = false) {
  const api = useApi()
  return useQuery({
    queryKey: keyOf(study),
    queryFn: ({ signal }) => api.json(`${base}?study=${encodeURIComponent(study)}`, savedQueryList, { signal }),
    refetchInterval: isWaiting ? lookMs.waiting : lookMs.else,
  })
}

export function useSaveQuery(study: string) {
  const [api, queries] = [useApi(), useQueryClient()]
  return useMutation({
    mutationFn: (draft: Partial<SavedQueryDraft>) => api.json(base, savedQueryView, { method: 'POST', body: { study, ...draft } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(study) }),
  })
}

export function useRunSavedQuery(study: string) {
  const [api, queries] = [useApi(), useQueryClient()]
  return useMutation({
    mutationFn: (id: string) => api.json(`${base}/${encodeURIComponent(id)}/runs`, jobView, { method: 'POST', body: {} }),
    onSuccess: () => Promise.all([keyOf(study), ['jobs']].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  })
}

export function useForgetSavedQuery(study: string) {
  const [api, queries] = [useApi(), useQueryClient()]
  return useMutation({
    mutationFn: (id: string) => api.send(`${base}/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(study) }),
  })
}
