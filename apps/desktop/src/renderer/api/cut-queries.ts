import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { cutList, cutView } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/pipeline/api/v1/cuts'
const keyOf = (study: string) => ['cuts', study]
const of = (study: string) => `study=${encodeURIComponent(study)}`

export function useCuts(study: string | undefined) {
  const api = useApi()
  return useQuery({
    queryKey: keyOf(study ?? ''),
    queryFn: ({ signal }) => api.json(`${base}?${of(study ?? '')}`, cutList, { signal }),
    enabled: study !== undefined,
  })
}

/** Every file of it is read by the server, which may take a while. */
export function useProof(study: string, name: string) {
  const api = useApi()
  return useMutation({ mutationFn: () => api.json(`${base}/${encodeURIComponent(name)}?${of(study)}`, cutView) })
}

interface Signed {
  reason: string
  password: string
}

export function useMakeCut(study: string) {
  const [api, queries] = [useApi(), useQueryClient()]
  return useMutation({
    mutationFn: (asked: Signed & { name: string }) => api.json(base, cutView, { method: 'POST', body: { study, ...asked } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(study) }),
  })
}

export function useRetireCut(study: string, name: string) {
  const [api, queries] = [useApi(), useQueryClient()]
  return useMutation({
    mutationFn: (asked: Signed) =>
      api.json(`${base}/${encodeURIComponent(name)}/retirement`, cutView, { method: 'POST', body: { study, ...asked } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(study) }),
  })
}
