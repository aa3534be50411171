import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  leakList,
  maskingPolicyChecked,
  maskingPolicyDiff,
  maskingPolicyList,
  maskingPolicyVersion,
  maskingPolicyWhole,
  maskingProgressList,
  maskingTrace,
  type MaskingPolicyChecked,
  type MaskingPolicyDiff,
  type MaskingPolicyProposal,
  type MaskingTraceRequest,
  type SignatureRequest,
} from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/masking/api/v1'
const q = encodeURIComponent
// Each look leaves an audit record.
const lookMs = 60_000

/** A policy as requests name it: a stored version, or one that is built in. */
export type PolicyNamed = MaskingTraceRequest['policy']

export function useMaskingPolicies(study: string, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'policies', study],
    queryFn: ({ signal }) => api.json(`${base}/policies?study=${q(study)}`, maskingPolicyList, { signal }),
    enabled,
    refetchInterval: lookMs,
  })
}
/** A version with its text, which never changes. */
export function useMaskingPolicy(id: string | null) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'policy', id],
    queryFn: ({ signal }) => api.json(`${base}/policies/${q(id ?? '')}`, maskingPolicyWhole, { signal }),
    enabled: id !== null,
  })
}
export function useMaskingProgress(study: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'progress', study],
    queryFn: async ({ signal }) => {
      const { studies } = await api.json(`${base}/progress?study=${q(study)}`, maskingProgressList, { signal })
      return studies[0] ?? null
    },
    refetchInterval: ({ state }) => (state.data?.state === 'masking-anew' ? 1500 : 5000),
  })
}
export function useMaskingDiff(before: PolicyNamed, after: PolicyNamed) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'diff', before, after],
    queryFn: ({ signal }) => api.json(`${base}/policies/diff`, maskingPolicyDiff, { method: 'POST', body: { before, after }, signal }),
  })
}
export function useMaskingTrace(asked: MaskingTraceRequest) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'trace', asked],
    queryFn: ({ signal }) => api.json(`${base}/policies/trace`, maskingTrace, { method: 'POST', body: asked, signal }),
    placeholderData: keepPreviousData,
  })
}

/** What is wrong with a text; where nothing is, what it would change. */
export interface CheckedText {
  text: string
  checked: MaskingPolicyChecked
  diff: MaskingPolicyDiff | null
}
export function useCheckMaskingPolicy(inForce: PolicyNamed | null) {
  const api = useApi()
  return useMutation({
    mutationFn: async (text: string): Promise<CheckedText> => {
      const checked = await api.json(`${base}/policies/check`, maskingPolicyChecked, { method: 'POST', body: { text } })
      if (checked.problems.length > 0 || inForce === null) return { text, checked, diff: null }
      const body = { before: inForce, after: { text } }
      return { text, checked, diff: await api.json(`${base}/policies/diff`, maskingPolicyDiff, { method: 'POST', body }) }
    },
  })
}
export function useProposeMaskingPolicy() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: MaskingPolicyProposal) => api.json(`${base}/policies`, maskingPolicyVersion, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['masking'] }),
  })
}
export function useSignMaskingPolicy() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, ...body }: Pick<SignatureRequest, 'meaning' | 'password'> & { id: string }) =>
      api.json(`${base}/policies/${q(id)}/signatures`, maskingPolicyVersion, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
export function useRejectMaskingPolicy() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      api.json(`${base}/policies/${q(id)}/reject`, maskingPolicyVersion, { method: 'POST', body: { reason } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['masking'] }),
  })
}

export function useLeaks(study: string, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['leaks', study],
    queryFn: ({ signal }) => api.json(`${base}/leaks?study=${q(study)}`, leakList, { signal }),
    enabled,
    refetchInterval: lookMs,
  })
}
export function useAcceptLeak() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { study: string; id: string; reason: string }) =>
      api.json(`${base}/leaks/acceptances`, leakList, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
