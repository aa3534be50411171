import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  accessHolders,
  accessReviewList,
  accessReviewView,
  clientList,
  clientView,
  invitation,
  invitations,
  personList,
  personView,
  staffCheck,
  type ClientKeys,
  type NewClient,
  type NewPerson,
  type PersonGrant,
  type ReviewDecision,
} from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/identity/api/v1'
const q = encodeURIComponent
const user = (name: string, rest: string): string => `${base}/users/${q(name)}/${rest}`
const client = (id: string, rest: string): string => `${base}/clients/${q(id.replace(/^client:/, ''))}/${rest}`

export function usePeople(enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['people'],
    queryFn: async ({ signal }) => (await api.json(`${base}/users`, personList, { signal })).users,
    enabled,
    refetchInterval: 30_000,
  })
}

/** After any act the list is asked for anew. */
function useAct<Asked, Told>(of: string, act: (asked: Asked) => Promise<Told>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries({ queryKey: [of] }) })
}

export function useAddPerson() {
  const api = useApi()
  return useAct('people', (body: NewPerson) => api.json(`${base}/users`, invitation, { method: 'POST', body }))
}
export function useCheckStaff() {
  const api = useApi()
  return useMutation({ mutationFn: (csv: string) => api.json(`${base}/users/check`, staffCheck, { method: 'POST', csv }) })
}
export function useImportStaff() {
  const api = useApi()
  return useAct('people', (csv: string) => api.json(`${base}/users/import`, invitations, { method: 'POST', csv }))
}
export function useGrant() {
  const api = useApi()
  return useAct('people', ({ name, grant }: { name: string; grant: PersonGrant }) =>
    api.json(user(name, 'grant'), personView, { method: 'PUT', body: grant }),
  )
}
export function usePersonStatus() {
  const api = useApi()
  return useAct('people', ({ name, status }: { name: string; status: 'active' | 'disabled' }) =>
    api.json(user(name, 'status'), personView, { method: 'PUT', body: { status } }),
  )
}
export function useEndSessions() {
  const api = useApi()
  return useAct('people', (name: string) => api.json(user(name, 'sessions'), personView, { method: 'DELETE' }))
}
export function useResetCode() {
  const api = useApi()
  return useAct('people', (name: string) => api.json(user(name, 'reset'), invitation, { method: 'POST', body: {} }))
}

export function useClients(enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['clients'],
    queryFn: async ({ signal }) => (await api.json(`${base}/clients`, clientList, { signal })).clients,
    enabled,
    refetchInterval: 30_000,
  })
}
export function useAddClient() {
  const api = useApi()
  return useAct('clients', (body: NewClient) => api.json(`${base}/clients`, clientView, { method: 'POST', body }))
}
export function useClientStatus() {
  const api = useApi()
  return useAct('clients', ({ id, status }: { id: string; status: 'active' | 'disabled' }) =>
    api.json(client(id, 'status'), clientView, { method: 'PUT', body: { status } }),
  )
}
export function useClientKeys() {
  const api = useApi()
  return useAct('clients', ({ id, keys }: { id: string; keys: ClientKeys }) =>
    api.json(client(id, 'keys'), clientView, { method: 'PUT', body: keys }),
  )
}

/** Empty: any. */
export interface PlaceAsked {
  study: string
  site: string
}
const placeOf = (asked: PlaceAsked) => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''))

export function useHolders(asked: PlaceAsked) {
  const api = useApi()
  return useQuery({
    queryKey: ['holders', asked],
    queryFn: ({ signal }) => api.json(`${base}/access-review?${new URLSearchParams(placeOf(asked)).toString()}`, accessHolders, { signal }),
  })
}
export function useReviews() {
  const api = useApi()
  return useQuery({
    queryKey: ['access-reviews'],
    queryFn: async ({ signal }) => (await api.json(`${base}/access-reviews`, accessReviewList, { signal })).reviews,
  })
}
export function useOpenReview() {
  const api = useApi()
  return useAct('access-reviews', (asked: PlaceAsked) =>
    api.json(`${base}/access-reviews`, accessReviewView, { method: 'POST', body: placeOf(asked) }),
  )
}
export function useDecide() {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ review, ...body }: ReviewDecision & { review: string }) =>
      api.json(`${base}/access-reviews/${q(review)}/decisions`, accessReviewView, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
