import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  keyEscrowView,
  keyRestored,
  keyShare,
  maskingKeyList,
  reidentificationAnswer,
  reidentificationList,
  reidentificationView,
  type KeyEscrowRequest,
  type KeyRestoreRequest,
} from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const keys = '/masking/api/v1/keys'
const asked = '/masking/api/v1/reidentifications'
const q = encodeURIComponent
// Each look leaves an audit record.
const lookMs = 60_000

export function useMaskingKeys(study: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['masking', 'keys', study],
    queryFn: ({ signal }) => api.json(`${keys}?study=${q(study)}`, maskingKeyList, { signal }),
  })
}
export function useRotateKey(study: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) => api.json(`${keys}/rotate`, maskingKeyList, { method: 'POST', body: { study, reason } }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
export function useEscrowKey() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: KeyEscrowRequest) => api.json(`${keys}/escrows`, keyEscrowView, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['masking', 'keys'] }),
  })
}
/** A share is told once: no cache keeps it after the dialog that shows it. */
export function useFetchShare(escrow: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (password: string) => api.json(`${keys}/escrows/${q(escrow)}/share`, keyShare, { method: 'POST', body: { password } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['masking', 'keys'] }),
    gcTime: 0,
  })
}
export function useRestoreKey(escrow: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: KeyRestoreRequest) => api.json(`${keys}/escrows/${q(escrow)}/restore`, keyRestored, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
    gcTime: 0,
  })
}

export function useReidentifications(study: string, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['reidentifications', study],
    queryFn: ({ signal }) => api.json(`${asked}?study=${q(study)}`, reidentificationList, { signal }),
    enabled,
    refetchInterval: lookMs,
  })
}
export function useAskWho(study: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { pseudonym: string; reason: string }) =>
      api.json(asked, reidentificationView, { method: 'POST', body: { study, ...body } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['reidentifications'] }),
    gcTime: 0,
  })
}
export function useDecideWho(id: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { approve: boolean; note?: string; password: string }) =>
      api.json(`${asked}/${q(id)}/decision`, reidentificationView, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['reidentifications'] }),
  })
}
/** Told once: no cache keeps it after the dialog that shows it. */
export function useAnswerWho(id: string) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => api.json(`${asked}/${q(id)}/answer`, reidentificationAnswer, { method: 'POST' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['reidentifications'] }),
    gcTime: 0,
  })
}
