import { useState } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button } from '../../ui/Button.js'
import { Keys } from '../../ui/menus.js'
import { useRegistry } from './commands.js'
import { lettersAreKeys, setLettersAsKeys } from './keys.js'

/** Keys of the notebook's cells are handled where the cells are. */
const inCells: [name: string, keys: string][] = [
  ['Run the cell', 'Ctrl Enter'],
  ['Run it and go to the next', 'Shift Enter'],
  ['From the cell into its text', 'Enter'],
  ['Out of the text, to the cell', 'Esc'],
  ['To the cell above or below', '↑ ↓'],
  ['Move the cell', 'Alt ↑ ↓'],
  ['Add SQL above, below', 'A B'],
  ['Add a text below', 'T'],
  ['Delete the cell', 'Del'],
  ['Undo', 'Ctrl Z'],
  ['Copy what is chosen in a result', 'Ctrl C'],
  ['Let Tab leave the editor, or indent', 'Ctrl M'],
]

export function ShortcutsDialog({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange(open: boolean): void }) {
  return (
    <ModalOverlay className="scrim" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal>
        <Dialog className="dialog wide shortcuts">
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
  const [letters, setLetters] = useState(lettersAreKeys)
  const withKeys = commands.filter((command) => command.keys !== undefined)
  const groups = [...new Set(withKeys.map((command) => command.group))]
  return (
    <>
      <p className="dialog-lead">Every command is in the palette, with its key. On a Mac, Ctrl is ⌘.</p>
      <div className="shortcuts-scroll" tabIndex={0} role="region" aria-label="All keys">
        {groups.map((group) => (
          <Group
            key={group}
            title={group}
            rows={withKeys
              .filter((command) => command.group === group)
              .map((command) => [command.name, command.keys ?? '', ...(command.otherKeys ?? [])])}
          />
        ))}
        <Group title="In a notebook" rows={inCells} />
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
        <Button onPress={close}>Close</Button>
      </div>
    </>
  )
}

function Group({ title, rows }: { title: string; rows: readonly (readonly string[])[] }) {
  return (
    <section aria-label={title}>
      <h3 className="side-group">{title}</h3>
      <dl className="shortcuts-list">
        {rows.map(([name, ...keys]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span className="visually-hidden">{keys.join(', or ')}</span>
              {keys.map((each) => (
                <Keys key={each} keys={each} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
