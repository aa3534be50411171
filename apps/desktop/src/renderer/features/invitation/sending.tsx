import { CircleX } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { ApiFailure } from '../../api/failure.js'
import { Icon } from '../../ui/Icon.js'
import type { Faults } from './draft.js'
import type { Words } from './words.js'

/** The same words are sent under the same id, so that an answer that was lost on the way is given again and nothing is done twice. */
export function useCorrelation(): (body: Record<string, unknown>) => string {
  const last = useRef({ text: '', id: '' })
  return (body) => {
    const text = JSON.stringify(body)
    if (text !== last.current.text) last.current = { text, id: crypto.randomUUID() }
    return last.current.id
  }
}

export const isOver = (error: unknown): boolean => error instanceof ApiFailure && [404, 410, 429].includes(error.status)

/** What the server refused, at the field where it can be mended; null: it has no field. */
export function faultOf(error: unknown, words: Words): Faults | null {
  if (!(error instanceof ApiFailure)) return null
  if (error.problem.code === 'already-exists') return { user: words.taken }
  return null
}

export function Refusal({ error, words }: { error: unknown; words: Words }) {
  if (error === null || faultOf(error, words) !== null) return null
  const offline = !(error instanceof ApiFailure) || error.kind === 'offline' || error.status >= 500
  return (
    <p role="alert" className="notice bad invitation-notice">
      <Icon of={CircleX} />
      <span>{offline ? words.offline : words.failed(error.problem.detail ?? error.problem.title ?? '')}</span>
    </p>
  )
}

/** How many entries are wrong; the first of them takes the focus whenever the form was sent with faults. */
export function FaultCount({ faults, sent, words }: { faults: Faults; sent: number; words: Words }) {
  const count = Object.keys(faults).length
  const place = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (sent > 0) place.current?.closest('form')?.querySelector<HTMLElement>('input[aria-invalid="true"]')?.focus()
  }, [sent])
  return (
    <p ref={place} role="alert" className={count > 0 ? 'notice bad invitation-notice' : 'invitation-silent'}>
      {count > 0 && (
        <>
          <Icon of={CircleX} />
          {words.check(count)}
        </>
      )}
    </p>
  )
}
