import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { tableProfile } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const q = encodeURIComponent

/** `snapshot` names the state that is counted, so that a new one is asked for anew. */
export function useTableProfile(study: string, table: string, snapshot: string | null, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['profile', study, table, snapshot],
    queryFn: ({ signal }) => api.json(`/query/api/v1/catalogue/${q(table)}/profile?study=${q(study)}`, tableProfile, { signal }),
    enabled: enabled && snapshot !== null,
    staleTime: 60_000,
    // A study that publishes all the time has a new snapshot soon: the old counts stand until the new ones are there.
    placeholderData: (before, query) => (query?.queryKey[2] === table ? keepPreviousData(before) : undefined),
  })
}

export const codebookPath = (study: string, format: 'csv' | 'json'): string => `/query/api/v1/codebook?study=${q(study)}&format=${format}`
