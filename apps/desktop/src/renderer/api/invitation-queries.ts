import { useMutation, useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { invitedAccount, openedInvitation, patientRegistered } from '@aquifer/core/contract'
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
