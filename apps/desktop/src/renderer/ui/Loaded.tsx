import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure, SkeletonRows } from './states.js'

/** What a question answered; until then its bones, and where it failed what happened and the next step. */
export function Loaded<T>({ of: query, rows, children }: { of: UseQueryResult<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <SkeletonRows rows={rows ?? 6} />
}
