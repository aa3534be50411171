import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  relationshipList,
  relationshipView,
  rolePolicyChecked,
  rolePolicyList,
  rolePolicyVersion,
  rolePolicyWhole,
  signatureList,
  whyAnswer,
  type NewRelationship,
  type SignatureRequest,
} from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/access/api/v1'
const q = encodeURIComponent
const pageSize = 100

/** Empty: any. */
export interface RelationshipsAsked {
  study: string
  kind: string
  search: string
  state: '' | 'open' | 'ended'
}

export function useRelationships(asked: RelationshipsAsked) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['relationships', asked],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''))
      query.set('limit', String(pageSize))
      if (pageParam !== null) query.set('after', pageParam)
      return api.json(`${base}/relationships?${query.toString()}`, relationshipList, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  })
}
export function useAddRelationship() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ reason, ...body }: NewRelationship & { reason: string }) =>
      api.json(`${base}/relationships`, relationshipView, { method: 'POST', body, headers: { 'x-aquifer-reason': reason } }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
export function useEndRelationship() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      api.json(`${base}/relationships/${q(id)}`, relationshipView, { method: 'DELETE', headers: { 'x-aquifer-reason': reason } }),
    onSuccess: () => queries.invalidateQueries(),
  })
}

export function usePolicies() {
  const api = useApi()
  return useQuery({ queryKey: ['policies'], queryFn: ({ signal }) => api.json(`${base}/policies`, rolePolicyList, { signal }) })
}
/** A version with its document; what is signed never changes. */
export function usePolicyVersion(version: number) {
  const api = useApi()
  return useQuery({
    queryKey: ['policies', version],
    queryFn: ({ signal }) => api.json(`${base}/policies/${version}`, rolePolicyWhole, { signal }),
  })
}
export function useCheckPolicy() {
  const api = useApi()
  return useMutation({
    mutationFn: (text: string) => api.json(`${base}/policies/check`, rolePolicyChecked, { method: 'POST', body: { text } }),
  })
}
export function useProposePolicy() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (text: string) =>
      api.json(`${base}/policies`, rolePolicyVersion, { method: 'POST', body: { document: JSON.parse(text) as unknown } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['policies'] }),
  })
}
export function useSignPolicy() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ version, ...body }: Pick<SignatureRequest, 'meaning' | 'password'> & { version: number }) =>
      api.json(`${base}/policies/${version}/signatures`, rolePolicyVersion, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}

export interface WhyAsked {
  user: string
  act: 'read' | 'write'
  resource: string
  study: string
  tokenSites: string
}
export function useWhy() {
  const api = useApi()
  return useMutation({
    mutationFn: (asked: WhyAsked) =>
      api.json(`${base}/why?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '')).toString()}`, whyAnswer),
  })
}

export function useSignatures() {
  const api = useApi()
  return useQuery({
    queryKey: ['signatures'],
    queryFn: async ({ signal }) => (await api.json('/audit/api/v1/signatures?limit=50', signatureList, { signal })).signatures,
  })
}
