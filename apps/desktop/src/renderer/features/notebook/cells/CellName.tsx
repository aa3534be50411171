import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { toast } from 'sonner'
import type { Cell } from '../model.js'
import { useNotebook } from '../useNotebook.js'

/** The name under which other cells read this result; a click or Enter changes it. */
export function CellName({ cell }: { cell: Cell }) {
  const { actions } = useNotebook()
  const [draft, setDraft] = useState<string | null>(null)
  if (draft === null) {
    return (
      <AriaButton className="cell-name mono" aria-label={`Name: ${cell.name}. Rename`} onPress={() => setDraft(cell.name)}>
        {cell.name}
      </AriaButton>
    )
  }
  const finish = (keep: boolean) => {
    const name = draft.trim().toLowerCase()
    setDraft(null)
    if (keep && name !== cell.name && !actions.rename(cell.id, name)) {
      toast.error(`${name || 'An empty name'} cannot be used`, {
        description: 'A name has small letters, digits and _, and is used once in a notebook.',
      })
    }
  }
  return (
    <input
      className="cell-name-field mono"
      aria-label="Name of the result"
      value={draft}
      autoFocus
      size={Math.max(8, draft.length)}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish(true)
        else if (event.key === 'Escape') finish(false)
      }}
    />
  )
}
