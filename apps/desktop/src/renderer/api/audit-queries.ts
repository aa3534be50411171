import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  auditExportManifest,
  auditHeadAnswer,
  auditPage,
  auditVerification,
  breakGlassList,
  breakGlassView,
  jobList,
  jobView,
  type AuditPage,
  type BreakGlassReview,
  type JobView,
} from '@aquifer/core/contract'
import type { Api } from './client.js'
import { ApiFailure } from './failure.js'
import { useApi } from './SessionProvider.js'

export type TrailRecord = AuditPage['records'][number]
export const exportForms = ['csv', 'json', 'pdf'] as const

/** What is asked of the trail; empty: anything. */
export interface TrailAsked {
  study: string
  patient: string
  actor: string
  action: string
  outcome: string
  from: string
  to: string
}

const pageSize = 50
const pollMs = 400
const base = '/audit/api/v1'

export function useTrail(asked: TrailAsked) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['trail', asked],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''))
      query.set('limit', String(pageSize))
      if (pageParam !== null) query.set('before', pageParam)
      return api.json(`${base}/records?${query.toString()}`, auditPage, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  })
}

export function useAuditHead() {
  const api = useApi()
  return useQuery({ queryKey: ['audit-head'], queryFn: ({ signal }) => api.json(`${base}/head`, auditHeadAnswer, { signal }) })
}

/** The newest verification that this person asked for: under way, or what it found. */
export function useVerification() {
  const api = useApi()
  return useQuery({
    queryKey: ['audit-verification'],
    queryFn: async ({ signal }) => (await api.json('/jobs/api/v1?kind=audit-verify&limit=1', jobList, { signal })).jobs[0] ?? null,
    refetchInterval: (query) => (isUnderWay(query.state.data) ? pollMs : false),
  })
}
const isUnderWay = (job: JobView | null | undefined): boolean => job?.state === 'queued' || job?.state === 'running'
export const verificationOf = (job: JobView) => auditVerification.safeParse(job.result).data

export function useVerify() {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.json(`${base}/verifications`, jobView, { method: 'POST', body: {} }),
    onSuccess: (job) => {
      client.setQueryData(['audit-verification'], job)
      return client.invalidateQueries({ queryKey: ['audit-head'] })
    },
  })
}

export interface ExportAsked {
  format: (typeof exportForms)[number]
  study: string
  person: string
  from: string
  to: string
}

/** A report as a job, waited for, and its file. */
export async function exportTrail(api: Api, asked: ExportAsked, progress: (share: number | null) => void) {
  const body = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''))
  let job = await api.json(`${base}/exports`, jobView, { method: 'POST', body })
  while (isUnderWay(job)) {
    progress(job.progress)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    job = await api.json(`/jobs/api/v1/${job.id}`, jobView)
  }
  if (job.state !== 'done')
    throw new ApiFailure('refused', 409, { title: 'The report was not finished', ...(job.problem && { detail: job.problem }) })
  const { bytes } = await api.bytes(`${base}/exports/${job.id}/file`)
  return { manifest: auditExportManifest.parse(job.result), bytes }
}

export function useEmergencies() {
  const api = useApi()
  return useQuery({
    queryKey: ['emergencies'],
    queryFn: ({ signal }) => api.json('/access/api/v1/break-glass', breakGlassList, { signal }),
  })
}
export function useReview() {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, ...body }: BreakGlassReview & { id: string }) =>
      api.json(`/access/api/v1/break-glass/${id}/review`, breakGlassView, { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['emergencies'] }),
  })
}
