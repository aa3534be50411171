import { z } from 'zod'
import { statementParameters } from '@aquifer/core/contract'
import type { KeptTexts } from './journal-storage.js'

// A result lives on the server under the id of its statement. What is kept here is the id, and the text it was made from: after a
// reload, a crash or a night the rows are fetched again from there, and what still runs is followed on.

const ran = z.object({ sql: z.string(), texts: z.record(z.string(), z.string()), parameters: statementParameters })
const pointer = z.object({ statement: z.string(), ran })
export type Pointer = z.infer<typeof pointer>
/** `figure`: statistics are reckoned again, since only rows are kept. */
const entry = z.object({ done: pointer.optional(), going: pointer.optional(), figure: z.literal(true).optional() })
const entries = z.record(z.string(), entry)
export type KeptRun = z.infer<typeof entry>

export interface KeptRuns {
  /** Once what an earlier run of the program left can be read. */
  read(notebook: string): Promise<Record<string, KeptRun>>
  change(notebook: string, cell: string, part: KeptRun): void
  clear(notebook: string): void
}

export function openKeptRuns(storage: KeptTexts, user: string, ready: Promise<void>): KeptRuns {
  const key = (notebook: string) => `aquifer.runs.${user}.${notebook}`
  const now = (notebook: string): Record<string, KeptRun> => {
    const text = storage.getItem(key(notebook))
    if (text === null) return {}
    try {
      return entries.parse(JSON.parse(text))
    } catch {
      return {}
    }
  }
  return {
    read: (notebook) => ready.then(() => now(notebook)),
    change(notebook, cell, part) {
      try {
        const old = now(notebook)
        storage.setItem(key(notebook), JSON.stringify({ ...old, [cell]: { ...old[cell], ...part } }))
      } catch {
        // A full disk must not stop the run; the result is then gone with the page.
      }
    },
    clear: (notebook) => storage.removeItem(key(notebook)),
  }
}
