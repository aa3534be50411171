import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import {
  invitationList,
  invitationView,
  invitedAccount,
  openedInvitation,
  patientRegistered,
  revealedInvitation,
  revealedInvitations,
  rosterPreview,
  studyApplied,
  studyFile,
  type StudyFile,
} from '@aquifer/core/contract'
import type { InvitationFilter } from '@aquifer/core/registration'
import { useApi } from './SessionProvider.js'

const base = '/registration/api/v1'

/** What a code is for. Asked once: each look is recorded, and wrong codes are counted. */
export function useOpenedInvitation(code: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['invitation', code],
    queryFn: () => api.json(`${base}/openInvitation`, openedInvitation, { method: 'POST', body: { code } }),
    staleTime: Infinity,
    retry: false,
  })
}

interface Sent {
  body: Record<string, unknown>
  /** the same for the same decision: sent again it is not decided twice */
  correlation: string
}
const asOne = ({ body, correlation }: Sent) => ({ method: 'POST' as const, body, headers: { 'x-correlation-id': correlation } })

export function useAcceptance() {
  const api = useApi()
  return useMutation({ mutationFn: (sent: Sent) => api.json(`${base}/acceptPatientInvitation`, patientRegistered, asOne(sent)) })
}
export function useInvitedAccount() {
  const api = useApi()
  return useMutation({ mutationFn: (sent: Sent) => api.json(`${base}/invitedAccount`, invitedAccount, asOne(sent)) })
}
export function useCareAcceptance() {
  const api = useApi()
  return useMutation({
    mutationFn: (code: string) => api.json(`${base}/acceptCareManagerInvitation`, z.unknown(), { method: 'POST', body: { code } }),
  })
}

const of = (study: string, rest = ''): string => `${base}/studies/${encodeURIComponent(study)}/invitations${rest}`
const pageSize = 50
const underwayMs = 4_000

/** Newest first. Asked again while letters are on their way, so that they are seen to arrive or not. */
export function useInvitations(study: string, filter: InvitationFilter | null) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['invitations', study, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(pageSize), order: 'newest' })
      if (filter !== null) query.set('state', filter)
      if (pageParam !== null) query.set('after', pageParam)
      return api.json(of(study, `?${query}`), invitationList, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ invitations }) => invitations.some(({ delivery }) => delivery === 'waiting')) ? underwayMs : false,
  })
}

/** Whoever is invited stands in the log, too. */
function useRefresh(study: string) {
  const client = useQueryClient()
  return () => Promise.all(['invitations', 'participants', 'funnel'].map((name) => client.invalidateQueries({ queryKey: [name, study] })))
}

export function useInvite(study: string) {
  const api = useApi()
  const onSuccess = useRefresh(study)
  return useMutation({
    mutationFn: (body: Record<string, unknown>) => api.json(of(study), revealedInvitation, { method: 'POST', body }),
    onSuccess,
  })
}
export function useRosterPreview(study: string) {
  const api = useApi()
  return useMutation({ mutationFn: (csv: string) => api.json(of(study, '/csv/preview'), rosterPreview, { method: 'POST', csv }) })
}
export function useInviteList(study: string) {
  const api = useApi()
  const onSuccess = useRefresh(study)
  return useMutation({
    mutationFn: (csv: string) => api.json(of(study, '/csv'), revealedInvitations, { method: 'POST', csv }),
    onSuccess,
  })
}
export function useSendAnew(study: string) {
  const api = useApi()
  const onSuccess = useRefresh(study)
  return useMutation({
    mutationFn: (id: string) => api.json(of(study, `/${encodeURIComponent(id)}/remind`), revealedInvitation, { method: 'POST' }),
    onSuccess,
  })
}
export function useRevoke(study: string) {
  const api = useApi()
  const onSuccess = useRefresh(study)
  return useMutation({
    mutationFn: (id: string) => api.json(of(study, `/${encodeURIComponent(id)}`), invitationView, { method: 'DELETE' }),
    onSuccess,
  })
}

export function useStudySettings(study: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['study-settings', study],
    queryFn: ({ signal }) => api.json(`/study/api/v1/studies/${encodeURIComponent(study)}/settings`, studyFile, { signal }),
  })
}
export function useApplyStudy(study: string) {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (change: Partial<StudyFile>) =>
      api.json('/study/api/v1/apply', studyApplied, { method: 'POST', body: { id: study, ...change } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['study-settings', study] }),
  })
}
