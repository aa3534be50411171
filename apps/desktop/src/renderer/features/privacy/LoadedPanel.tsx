import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loaded } from '../../ui/Loaded.js'

/** Until the question is answered its bones, or what went wrong, lie on a panel as the answer will. */
export function LoadedPanel<T>(props: { of: UseQueryResult<T>; rows: number; children: (data: T) => ReactNode }) {
  if (props.of.data !== undefined) return props.children(props.of.data)
  return (
    <section className="panel">
      <Loaded {...props} />
    </section>
  )
}
