import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { jobView, qualityReport } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/pipeline/api/v1/quality'
const keyOf = (study: string) => ['quality', study]
const runningMs = 1_500

/** Asks again and again only while a look through the data is under way. */
export function useQuality(study: string) {
  const api = useApi()
  return useQuery({
    queryKey: keyOf(study),
    queryFn: ({ signal }) => api.json(`${base}?study=${encodeURIComponent(study)}`, qualityReport, { signal }),
    refetchInterval: ({ state }) => (state.data?.job ? runningMs : false),
  })
}

export function useLookThrough(study: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => api.json(base, jobView, { method: 'POST', body: { study } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(study) }),
  })
}
