// Tabs of one browser share what is kept on its disk. A tab that has a notebook open holds a lock of that name, which the browser takes
// back however the tab ends: so it is known whose edits are in work and whose were left behind.

export interface Presence {
  /** Of this page, and of none before or beside it. */
  readonly page: string
  /** Until then nobody knows who else is there. */
  readonly ready: Promise<void>
  enter(notebook: string): void
  leave(notebook: string): void
  /** Whether another page of this browser has it open; while that is not known, it might. */
  isOpenIn(notebook: string, page: string): boolean
  isOpenElsewhere(notebook: string): boolean
  /** Tells the others which version lies on the server now. */
  saved(notebook: string, version: number): void
  onSaved(listener: (notebook: string, version: number) => void): () => void
  /** Somebody else came or went. */
  subscribe(listener: () => void): () => void
  leaveAll(): void
}

export interface Surroundings {
  /** Absent on origins that browsers hold for insecure: then nobody else is seen. */
  locks: Pick<LockManager, 'request' | 'query'> | undefined
  channel: BroadcastChannel | undefined
}

type Told = { kind: 'moved' } | { kind: 'saved'; notebook: string; version: number }

export function openPresence(user: string, page: string, { locks, channel }: Surroundings): Presence {
  const prefix = `aquifer.open/${encodeURIComponent(user)}/`
  const nameOf = (notebook: string) => `${prefix}${notebook}/${page}`
  const mine = new Map<string, () => void>()
  const watched = new Set<string>()
  const moved = new Set<() => void>()
  const savedListeners = new Set<(notebook: string, version: number) => void>()
  let others: ReadonlySet<string> | null = locks === undefined ? new Set() : null

  const look = async (): Promise<void> => {
    if (locks === undefined) return
    const { held = [] } = await locks.query()
    const names = held.flatMap(({ name }) => (name?.startsWith(prefix) && !name.endsWith(`/${page}`) ? [name] : []))
    const before = others
    others = new Set(names)
    for (const name of names) void watch(name)
    if (before === null || before.size !== others.size || names.some((name) => !before.has(name))) for (const listener of moved) listener()
  }
  /** The lock is had when its holder closed the notebook or is gone. */
  const watch = async (name: string): Promise<void> => {
    if (locks === undefined || watched.has(name)) return
    watched.add(name)
    await locks.request(name, () => watched.delete(name))
    await look()
  }
  const hear = ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'moved') void look()
    else for (const listener of savedListeners) listener(data.notebook, data.version)
  }
  channel?.addEventListener('message', hear)
  // A channel reaches its own origin only.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const tell = (told: Told) => channel?.postMessage(told)
  const leave = (notebook: string) => {
    mine.get(notebook)?.()
    mine.delete(notebook)
  }

  return {
    page,
    ready: look(),
    enter(notebook) {
      if (locks === undefined || mine.has(notebook)) return
      const left = new Promise<void>((resolve) => mine.set(notebook, resolve))
      void locks.request(nameOf(notebook), () => {
        tell({ kind: 'moved' })
        return left
      })
    },
    leave,
    isOpenIn: (notebook, other) => others === null || others.has(`${prefix}${notebook}/${other}`),
    isOpenElsewhere: (notebook) => [...(others ?? [])].some((name) => name.startsWith(`${prefix}${notebook}/`)),
    saved: (notebook, version) => tell({ kind: 'saved', notebook, version }),
    onSaved: (listener) => {
      savedListeners.add(listener)
      return () => savedListeners.delete(listener)
    },
    subscribe: (listener) => {
      moved.add(listener)
      return () => moved.delete(listener)
    },
    leaveAll() {
      for (const notebook of mine.keys()) leave(notebook)
    },
  }
}
