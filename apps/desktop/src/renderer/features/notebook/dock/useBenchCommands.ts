import { Columns2, LayoutList, PanelLeft, RotateCcw, Rows2, SquareX, Undo2 } from 'lucide-react'
import { useMemo, useRef, useEffect } from 'react'
import { toast } from 'sonner'
import { useCommands, type Command } from '../../shell/commands.js'
import type { Bench } from './bench.js'
import { listPanel } from './bench.js'

/** Tabs and splits by name and by key. */
export function useBenchCommands(bench: Bench, page: { toggleSide(): void }): void {
  const latest = useRef(page)
  useEffect(() => {
    latest.current = page
  })
  const commands = useMemo<Command[]>(
    () => [
      {
        id: 'side-bar',
        group: 'Layout',
        name: 'Show or hide the side bar',
        icon: PanelLeft,
        keys: 'Ctrl B',
        run: () => latest.current.toggleSide(),
      },
      { id: 'split-right', group: 'Layout', name: 'Split to the right', icon: Columns2, keys: 'Ctrl \\', run: () => bench.split('right') },
      { id: 'split-below', group: 'Layout', name: 'Split downwards', icon: Rows2, keys: 'Ctrl Shift \\', run: () => bench.split('below') },
      { id: 'next-tab', group: 'Layout', name: 'Go to the next tab', icon: LayoutList, keys: 'Alt PageDown', run: () => bench.next(1) },
      {
        id: 'previous-tab',
        group: 'Layout',
        name: 'Go to the previous tab',
        icon: LayoutList,
        keys: 'Alt PageUp',
        run: () => bench.next(-1),
      },
      {
        id: 'next-group',
        group: 'Layout',
        name: 'Go to the next split',
        icon: Columns2,
        keys: 'Alt Shift PageDown',
        run: () => bench.nextGroup(),
      },
      {
        id: 'close-tab',
        group: 'Layout',
        name: 'Close the tab',
        icon: SquareX,
        keys: 'Alt W',
        run: () => {
          if (bench.front() !== listPanel) void bench.close(bench.front())
        },
      },
      {
        id: 'reopen-tab',
        group: 'Layout',
        name: 'Reopen the tab that was closed last',
        icon: Undo2,
        keys: 'Ctrl Shift T',
        otherKeys: ['Alt Shift T'],
        run: () => void (bench.reopen() || toast('No tab was closed here')),
      },
      { id: 'reset-layout', group: 'Layout', name: 'Reset the layout', icon: RotateCcw, run: () => bench.reset() },
    ],
    [bench],
  )
  useCommands(commands)
}
