import type { NotebookVersion } from '@aquifer/core/contract'

export interface Sitting {
  last: NotebookVersion
  /** Saves of the same hand shortly before it, newest first. */
  earlier: NotebookVersion[]
}

const pauseMs = 10 * 60_000

/** Saves by themselves come every few seconds: those of one hand without a longer pause are told as the last of them. */
export function together(versions: readonly NotebookVersion[]): Sitting[] {
  const sittings: Sitting[] = []
  for (const version of versions) {
    const open = sittings.at(-1)
    const next = open?.earlier.at(-1) ?? open?.last
    if (open && next && next.by === version.by && Date.parse(next.at) - Date.parse(version.at) < pauseMs) open.earlier.push(version)
    else sittings.push({ last: version, earlier: [] })
  }
  return sittings
}
