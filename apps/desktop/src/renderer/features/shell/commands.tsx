import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { LucideIcon } from '../../ui/Icon.js'
import { useOwnKeys, withOwnKeys } from './own-keys.js'

export interface Command {
  id: string
  group: 'Commands' | 'Layout' | 'Go to' | 'Notebooks' | 'Tables' | 'Studies' | 'Workbench' | 'Look'
  name: string
  icon: LucideIcon
  /** Strokes as they are read and as they are shown: `Ctrl Shift P`, `G H`. The keyboard follows this table. */
  keys?: string
  /** The same by keys that a browser does not keep for itself, or that hands know from elsewhere. */
  otherKeys?: readonly string[]
  note?: string
  run(): void
}

interface Registry {
  commands: Command[]
  openPalette(): void
  add(source: object, commands: Command[]): void
  remove(source: object): void
}

const CommandsContext = createContext<Registry | null>(null)

export function CommandsProvider({ openPalette, children }: { openPalette(): void; children: ReactNode }) {
  const [bySource, setBySource] = useState<ReadonlyMap<object, Command[]>>(new Map())
  const own = useOwnKeys()
  const add = useCallback((source: object, commands: Command[]) => setBySource((old) => new Map(old).set(source, commands)), [])
  const remove = useCallback((source: object) => setBySource((old) => new Map([...old].filter(([other]) => other !== source))), [])
  const registry = useMemo<Registry>(
    () => ({ commands: [...bySource.values()].flat().map((command) => withOwnKeys(command, own)), openPalette, add, remove }),
    [bySource, own, openPalette, add, remove],
  )
  return <CommandsContext value={registry}>{children}</CommandsContext>
}

export function useRegistry(): Registry {
  const registry = useContext(CommandsContext)
  if (registry === null) throw new Error('no palette around this part of the page')
  return registry
}

/** Offers commands while the caller is on screen. Memoise the list: it is registered again whenever it changes. */
export function useCommands(commands: Command[]): void {
  const { add, remove } = useRegistry()
  useEffect(() => {
    const source = {}
    add(source, commands)
    return () => remove(source)
  }, [commands, add, remove])
}
