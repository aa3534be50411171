import { z } from 'zod'

const kept = z.object({
  dock: z.unknown().default(null),
  closed: z.array(z.string()).default([]),
  side: z.boolean().nullable().default(null),
})
export type KeptLayout = z.infer<typeof kept>

export interface LayoutStore {
  read(): KeptLayout
  write(change: Partial<KeptLayout>): void
}

/** What lies open and how it is split, of one person in one study, on this machine: ids and sizes, nothing of the data. */
export function openLayouts(storage: Storage, user: string, study: string): LayoutStore {
  const key = `aquifer.layout.${user}.${study}`
  const read = (): KeptLayout => {
    const parsed = kept.safeParse(parse(storage.getItem(key)))
    return parsed.success ? parsed.data : kept.parse({})
  }
  return {
    read,
    write(change) {
      try {
        storage.setItem(key, JSON.stringify({ ...read(), ...change }, withoutTitles))
      } catch {
        // A full disk must not stop the work; the next start then begins with the list.
      }
    },
  }
}

// Titles of notebooks are somebody's words, and the desk has the newest.
const withoutTitles = (name: string, value: unknown): unknown => (name === 'title' ? undefined : value)

function parse(text: string | null): unknown {
  if (text === null) return {}
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
