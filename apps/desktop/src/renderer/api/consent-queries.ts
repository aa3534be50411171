import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  aheadView,
  funnelView,
  participantList,
  participantView,
  personDecisions,
  signedCertificate,
  versionMatrix,
  withdrawalList,
  withdrawalPreview,
  withdrawalView,
  type ParticipantRequest,
  type ParticipantStepRequest,
  type PreviewRequest,
  type WithdrawalRequestBody,
} from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const of = (study: string, rest: string): string => `/consent/api/v1/studies/${encodeURIComponent(study)}/${rest}`
const slowMs = 15_000
const fastMs = 1_000

export function useFunnel(study: string) {
  const api = useApi()
  return useQuery({ queryKey: ['funnel', study], queryFn: ({ signal }) => api.json(of(study, 'funnel'), funnelView, { signal }) })
}
export function useParticipants(study: string) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['participants', study],
    queryFn: ({ pageParam, signal }) =>
      api.json(of(study, `participants?limit=50${pageParam === null ? '' : `&after=${encodeURIComponent(pageParam)}`}`), participantList, {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}
/** Somebody new without a subject, else the next step of the one that it names. */
export function useLogStep(study: string) {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ subject, ...body }: { subject: string | null } & (ParticipantRequest | ParticipantStepRequest)) =>
      api.json(of(study, subject === null ? 'participants' : `participants/${encodeURIComponent(subject)}/steps`), participantView, {
        method: 'POST',
        body,
      }),
    onSuccess: () => Promise.all(['participants', 'funnel'].map((name) => client.invalidateQueries({ queryKey: [name, study] }))),
  })
}
export function useVersions(study: string) {
  const api = useApi()
  return useQuery({ queryKey: ['versions', study], queryFn: ({ signal }) => api.json(of(study, 'versions'), versionMatrix, { signal }) })
}
export function useAhead(study: string, days: number) {
  const api = useApi()
  return useQuery({
    queryKey: ['ahead', study, days],
    queryFn: ({ signal }) => api.json(of(study, `ahead?days=${days}`), aheadView, { signal }),
    placeholderData: keepPreviousData,
  })
}
export function useDecisions(study: string, after: string | null) {
  const api = useApi()
  const page = after === null ? '' : `&after=${encodeURIComponent(after)}`
  return useQuery({
    queryKey: ['decisions', study, after],
    queryFn: ({ signal }) => api.json(of(study, `people?limit=50${page}`), personDecisions, { signal }),
    placeholderData: keepPreviousData,
  })
}
/** Asked often while one of them is under way: it is to be seen finishing. */
export function useWithdrawals(study: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['withdrawals', study],
    queryFn: ({ signal }) => api.json(of(study, 'withdrawals?limit=50'), withdrawalList, { signal }),
    refetchInterval: (query) =>
      query.state.data?.withdrawals.some(({ state }) => state === 'requested' || state === 'running') ? fastMs : slowMs,
  })
}
export function usePreview(study: string) {
  const api = useApi()
  return useMutation({
    mutationFn: (body: PreviewRequest) => api.json(of(study, 'withdrawals/preview'), withdrawalPreview, { method: 'POST', body }),
  })
}
export function useWithdraw(study: string) {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: WithdrawalRequestBody) => api.json(of(study, 'withdrawals'), withdrawalView, { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries(),
  })
}
export function useCertificate(study: string) {
  const api = useApi()
  return useMutation({ mutationFn: (id: string) => api.json(of(study, `withdrawals/${id}/certificate`), signedCertificate) })
}
