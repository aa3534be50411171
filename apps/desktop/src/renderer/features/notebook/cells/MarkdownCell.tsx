import { Check, Pencil, Type } from 'lucide-react'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { Button, IconButton } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { Markdown } from '../markdown/Markdown.js'
import type { Cell } from '../model.js'
import { useNotebook } from '../useNotebook.js'
import { CellFrame, CellMenu } from './CellFrame.js'

/** Text stands on the page itself; only while it is written it gets a card. */
export function MarkdownCell({ cell, at }: { cell: Cell; at: number }) {
  const { actions, editors } = useNotebook()
  const [writing, write] = useState(cell.source === '')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const focus = () => {
      write(true)
      setTimeout(() => field.current?.focus(), 0)
    }
    editors.set(cell.id, { focus, insert: () => undefined })
    return () => void editors.delete(cell.id)
  }, [cell.id, editors])
  const open = () => actions.focusText(cell.id)
  const done = () => {
    write(false)
    actions.focusCard(cell.id)
  }
  return writing ? <Writing cell={cell} at={at} field={field} onDone={done} /> : <Written cell={cell} at={at} onOpen={open} />
}

function Written({ cell, at, onOpen }: { cell: Cell; at: number; onOpen(): void }) {
  return (
    <CellFrame cell={cell} at={at} label="Text" plain onEnter={onOpen}>
      <div className="text-cell" onDoubleClick={onOpen}>
        {cell.source.trim() === '' ? <p className="sub">An empty text.</p> : <Markdown source={cell.source} />}
        <span className="text-cell-tools">
          <IconButton label="Write this text" icon={Pencil} size={14} onPress={onOpen} />
          <CellMenu cell={cell} at={at} />
        </span>
      </div>
    </CellFrame>
  )
}

interface WritingProps {
  cell: Cell
  at: number
  field: RefObject<HTMLTextAreaElement | null>
  onDone(): void
}

function Writing({ cell, at, field, onDone }: WritingProps) {
  const { actions } = useNotebook()
  return (
    <CellFrame cell={cell} at={at} label="Text, being written">
      <header className="cell-head">
        <Tag>Text</Tag>
        <span className="sub">Markdown: # heading, **strong**, - list, `code`</span>
        <span className="row end" style={{ gap: 2 }}>
          <Button look="quiet" icon={Check} onPress={onDone}>
            Done
          </Button>
          <CellMenu cell={cell} at={at} groups={[{ entries: [{ id: 'done', label: 'Show as text', icon: Type, run: onDone }] }]} />
        </span>
      </header>
      <textarea
        ref={field}
        className="text-field-area"
        aria-label="Text in Markdown. Escape ends."
        value={cell.source}
        rows={Math.min(24, Math.max(3, cell.source.split('\n').length + 1))}
        placeholder="# What this shows"
        onChange={(event) => actions.write(cell.id, event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' || (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey))) {
            event.preventDefault()
            onDone()
          }
        }}
      />
    </CellFrame>
  )
}
