import type { KeyboardEvent as ReactKeyboardEvent } from 'react'
import { strokeOf, Strokes, strokesOf, type Bound } from '../../shell/keys.js'
import { allKeys, ownKeys, withOwnKeys, type Keyed } from '../../shell/own-keys.js'

export type CellAct =
  | 'run'
  | 'run-next'
  | 'run-insert'
  | 'stop'
  | 'write'
  | 'up'
  | 'down'
  | 'move-up'
  | 'move-down'
  | 'above'
  | 'below'
  | 'text-below'
  | 'to-text'
  | 'to-sql'
  | 'format'
  | 'remove'
  | 'undo'
  | 'redo'

export interface CellCommand extends Keyed {
  act: CellAct
  keys: string
  /** Where a text is written, too. */
  inText?: true
}

const command = (act: CellAct, name: string, keys: string, more: Partial<CellCommand> = {}): CellCommand => ({
  id: `cell-${act}`,
  act,
  name,
  keys,
  ...more,
})

/** What keys do to the cell in hand: on its frame, and, where it says so, within its text. */
export const cellCommands: readonly CellCommand[] = [
  command('run', 'Run the cell', 'Ctrl Enter', { inText: true }),
  command('run-next', 'Run it and go to the next', 'Shift Enter', { inText: true }),
  command('run-insert', 'Run it and add SQL below', 'Alt Enter', { inText: true }),
  command('stop', 'Stop the run', 'Ctrl .', { inText: true, otherKeys: ['I I'] }),
  command('write', 'From the cell into its text', 'Enter'),
  command('up', 'To the cell above', 'ArrowUp'),
  command('down', 'To the cell below', 'ArrowDown'),
  command('move-up', 'Move the cell up', 'Alt ArrowUp'),
  command('move-down', 'Move the cell down', 'Alt ArrowDown'),
  command('above', 'Add SQL above', 'A'),
  command('below', 'Add SQL below', 'B'),
  command('text-below', 'Add a text below', 'T'),
  command('to-text', 'Make it a text', 'M'),
  command('to-sql', 'Make it SQL', 'Y'),
  command('format', 'Lay the SQL out', 'Shift Alt F', { inText: true }),
  command('remove', 'Delete the cell', 'D D', { otherKeys: ['Delete'] }),
  command('undo', 'Undo', 'Z', { otherKeys: ['Ctrl Z'] }),
  command('redo', 'Do it again', 'Shift Z', { otherKeys: ['Ctrl Shift Z'] }),
]

export const keysOfCell = (act: CellAct): string => {
  const found = cellCommands.find((each) => each.act === act)
  return found === undefined ? '' : withOwnKeys(found, ownKeys()).keys
}

const strokes = new Strokes()
const textStrokes = new Strokes()

const bound = (commands: readonly CellCommand[]): Bound<CellAct>[] =>
  commands.flatMap((each) => allKeys(withOwnKeys(each, ownKeys())).map((keys) => ({ what: each.act, strokes: strokesOf(keys) })))

/** What a key on the frame of a cell means. */
export const actOf = (event: ReactKeyboardEvent): CellAct | null =>
  strokes.made(bound(cellCommands), strokeOf(event.nativeEvent), event.timeStamp)?.what ?? null

/** What a key within a text means, where it is more than writing. */
export const actInText = (event: KeyboardEvent): CellAct | null =>
  textStrokes.made(bound(cellCommands.filter(({ inText }) => inText)), strokeOf(event), event.timeStamp)?.what ?? null
