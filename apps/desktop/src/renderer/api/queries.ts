import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { catalogue, consentSummary, feedList, notebookList, pipelineStatus, refusedWrites } from '@aquifer/core/contract'
import { useApi, useSessionState } from './SessionProvider.js'

// One name per question, so that two panels asking the same share one answer.
export const keys = {
  catalogue: (study: string) => ['catalogue', study] as const,
  pipeline: (study: string) => ['pipeline', study] as const,
  notebooks: (study: string) => ['notebooks', study] as const,
  consent: (study: string, asOf: string | null) => ['consent', study, asOf] as const,
  feeds: (study: string) => ['feeds', study] as const,
  refusals: (study: string, before: string | null) => ['refusals', study, before] as const,
}

const q = encodeURIComponent

export function useCatalogue(study: string | undefined, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: keys.catalogue(study ?? ''),
    queryFn: ({ signal }) => api.json(`/query/api/v1/catalogue?study=${q(study ?? '')}`, catalogue, { signal }),
    enabled: enabled && study !== undefined,
    refetchInterval: 15_000,
  })
}

export function usePipeline(study: string | undefined) {
  const api = useApi()
  return useQuery({
    queryKey: keys.pipeline(study ?? ''),
    queryFn: ({ signal }) => api.json(`/pipeline/api/v1/status?study=${q(study ?? '')}`, pipelineStatus, { signal }),
    enabled: study !== undefined,
    refetchInterval: 5000,
  })
}

export function useNotebooks(study: string | undefined, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: keys.notebooks(study ?? ''),
    queryFn: ({ signal }) => api.json(`/query/api/v1/notebooks?study=${q(study ?? '')}`, notebookList, { signal }),
    enabled: enabled && study !== undefined,
  })
}

/** `asOf` null: now, kept up to date. */
export function useConsent(study: string | undefined, asOf: string | null, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: keys.consent(study ?? '', asOf),
    queryFn: ({ signal }) =>
      api.json(`/consent/api/v1/studies/${q(study ?? '')}/summary${asOf === null ? '' : `?asOf=${q(asOf)}`}`, consentSummary, { signal }),
    enabled: enabled && study !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: asOf === null ? 15_000 : false,
  })
}

export function useFeeds(study: string, enabled: boolean) {
  const api = useApi()
  return useQuery({
    queryKey: keys.feeds(study),
    queryFn: ({ signal }) => api.json(`/pipeline/api/v1/feeds?study=${q(study)}`, feedList, { signal }),
    enabled,
    refetchInterval: 15_000,
  })
}

export function useRefusals(study: string | undefined, before: string | null, limit: number, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: [...keys.refusals(study ?? '', before), limit],
    queryFn: ({ signal }) =>
      api.json(
        `/consent/api/v1/studies/${q(study ?? '')}/refusals?limit=${limit}${before === null ? '' : `&before=${q(before)}`}`,
        refusedWrites,
        { signal },
      ),
    enabled: enabled && study !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
}

export function useReachable(): { reachable: boolean; since: number | null } {
  const current = useSessionState()
  return { reachable: current.reachable, since: current.unreachableSince }
}
