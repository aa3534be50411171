import { Pencil, RotateCcw } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button, IconButton } from '../../ui/Button.js'
import { Keys } from '../../ui/menus.js'
import { cellCommands } from '../notebook/cells/cell-keys.js'
import { useRegistry } from './commands.js'
import { lettersAreKeys, setLettersAsKeys, strokeOf, strokeText } from './keys.js'
import { allKeys, conflictOf, giveKeys, resetKeys, useOwnKeys, withOwnKeys, type Keyed } from './own-keys.js'

/** Keys that belong to the editor and the grid themselves. */
const fixed: Keyed[] = [
  { id: 'editor-leave', name: 'Out of the text, to the cell', keys: 'Esc' },
  { id: 'editor-comment', name: 'Comment lines in or out', keys: 'Ctrl /' },
  { id: 'editor-tab', name: 'Let Tab leave the editor, or indent', keys: 'Ctrl M' },
  { id: 'grid-copy', name: 'Copy what is chosen in a result', keys: 'Ctrl C' },
]

export function ShortcutsDialog({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange(open: boolean): void }) {
  return (
    <ModalOverlay className="scrim" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal>
        <Dialog className="dialog shortcuts">
          <Heading slot="title" className="dialog-title">
            Keyboard
          </Heading>
          <Body close={() => onOpenChange(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function Body({ close }: { close(): void }) {
  const { commands } = useRegistry()
  const own = useOwnKeys()
  const [letters, setLetters] = useState(lettersAreKeys)
  const withKeys = commands.filter((command) => command.keys !== undefined)
  const inCells = cellCommands.map((command) => withOwnKeys(command, own))
  const groups = [...new Set(withKeys.map((command) => command.group))]
  const all = [...withKeys, ...inCells, ...fixed]
  return (
    <>
      <p className="dialog-lead">Every command is in the palette, with its key. On a Mac, Ctrl is ⌘.</p>
      <div className="shortcuts-scroll" tabIndex={0} role="region" aria-label="All keys">
        <div className="shortcuts-columns">
          {groups.map((group) => (
            <Group key={group} title={group} all={all} rows={withKeys.filter((command) => command.group === group)} />
          ))}
          <Group title="On a cell" all={all} rows={inCells} />
          <Group title="In a text or a result" all={all} rows={fixed} isFixed />
        </div>
      </div>
      <label className="row shortcuts-letters">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            setLettersAsKeys(event.target.checked)
            setLetters(event.target.checked)
          }}
        />
        Single letters are keys where nothing is typed
      </label>
      <div className="actions">
        {Object.keys(own).length > 0 && (
          <Button look="quiet" icon={RotateCcw} onPress={resetKeys}>
            All keys as they were
          </Button>
        )}
        <Button onPress={close}>Close</Button>
      </div>
    </>
  )
}

function Group({ title, rows, all, isFixed = false }: { title: string; rows: readonly Keyed[]; all: readonly Keyed[]; isFixed?: boolean }) {
  const [changing, change] = useState<string | null>(null)
  return (
    <section aria-label={title}>
      <h3 className="side-group">{title}</h3>
      <dl className="shortcuts-list">
        {rows.map((row) => (
          <div key={row.id}>
            <dt>{row.name}</dt>
            <dd>
              {changing === row.id ? (
                <Recorder command={row} all={all} onDone={() => change(null)} />
              ) : (
                <>
                  <span className="visually-hidden">{allKeys(row).join(', or ')}</span>
                  <span className="shortcuts-keys">
                    {allKeys(row).map((each) => (
                      <Keys key={each} keys={each} />
                    ))}
                  </span>
                  {!isFixed && (
                    <IconButton
                      label={`Change the keys of: ${row.name}`}
                      icon={Pencil}
                      size={14}
                      className="shortcuts-change"
                      onPress={() => change(row.id)}
                    />
                  )}
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const strokesMax = 2

/** Takes what is pressed: up to two strokes, then Enter; a key that is taken is named, and not taken away. */
function Recorder({ command, all, onDone }: { command: Keyed; all: readonly Keyed[]; onDone(): void }) {
  const [strokes, record] = useState<readonly string[]>([])
  const keys = strokes.join(' ')
  const conflict = keys === '' ? null : conflictOf(all, command.id, keys)
  const take = () => {
    if (keys === '' || conflict !== null) return
    giveKeys(command.id, keys)
    onDone()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Tab' || /^(Control|Shift|Alt|Meta)$/.test(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape') onDone()
    else if (event.key === 'Enter' && !event.ctrlKey && !event.altKey && !event.shiftKey && keys !== '') take()
    else record((old) => [...(old.length >= strokesMax ? [] : old), strokeText(strokeOf(event.nativeEvent))])
  }
  return (
    <span className="shortcuts-recorder" data-records-keys>
      <input
        className="field shortcuts-field mono"
        readOnly
        autoFocus
        aria-label={`New keys of: ${command.name}. Press them, then Enter; Escape leaves them as they are.`}
        placeholder="press keys, then Enter"
        value={keys}
        onKeyDown={onKey}
        onBlur={(event) => event.relatedTarget === null && onDone()}
      />
      <Button look="quiet" isDisabled={keys === '' || conflict !== null} onPress={take}>
        Take
      </Button>
      {conflict !== null && (
        <span className="shortcuts-conflict" role="alert">
          Taken by: {conflict.name}
        </span>
      )}
    </span>
  )
}
