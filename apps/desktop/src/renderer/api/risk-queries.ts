import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { riskPreview, riskReport, type RiskPreviewRequest } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const base = '/masking/api/v1/risk'
const q = encodeURIComponent

/** `snapshot` null: what is published now. */
export function useRisk(study: string, snapshot: string | null) {
  const api = useApi()
  return useQuery({
    queryKey: ['risk', study, snapshot],
    queryFn: ({ signal }) =>
      api.json(`${base}?study=${q(study)}${snapshot === null ? '' : `&snapshot=${q(snapshot)}`}`, riskReport, { signal }),
    placeholderData: keepPreviousData,
  })
}

/** What generalizations would change; nothing is stored, so it may be asked as often as one likes. */
export function useRiskPreview(asked: RiskPreviewRequest) {
  const api = useApi()
  return useQuery({
    queryKey: ['risk', 'preview', asked],
    queryFn: ({ signal }) => api.json(`${base}/preview`, riskPreview, { method: 'POST', body: asked, signal }),
    enabled: asked.generalizations.length > 0,
    placeholderData: keepPreviousData,
  })
}
