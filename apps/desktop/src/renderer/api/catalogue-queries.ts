import { useQuery } from '@tanstack/react-query'
import { statementLineage, tableProfile } from '@aquifer/core/contract'
import { useApi } from './SessionProvider.js'

const q = encodeURIComponent

/** Counting takes the engine some seconds on a large table, so a profile stands for a while though snapshots come; it says which one it is of. */
export function useTableProfile(study: string, table: string, enabled = true) {
  const api = useApi()
  return useQuery({
    queryKey: ['profile', study, table],
    queryFn: ({ signal }) => api.json(`/query/api/v1/catalogue/${q(table)}/profile?study=${q(study)}`, tableProfile, { signal }),
    enabled,
    staleTime: 300_000,
  })
}

/** Where the columns of a statement come from: it never changes, but for the words of a policy that is put in force. */
export function useStatementLineage(statement: string | null) {
  const api = useApi()
  return useQuery({
    queryKey: ['statement-lineage', statement],
    queryFn: ({ signal }) => api.json(`/query/api/v1/statements/${q(statement ?? '')}/lineage`, statementLineage, { signal }),
    enabled: statement !== null,
    staleTime: 300_000,
  })
}

export const codebookPath = (study: string, format: 'csv' | 'json'): string => `/query/api/v1/codebook?study=${q(study)}&format=${format}`
