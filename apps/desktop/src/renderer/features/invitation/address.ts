import { useSyncExternalStore } from 'react'

// Behind the hash, so that no server and no log sees the code.
const codeIn = (hash: string): string | null => /^#\/invitation\/([\w-]{1,128})\/?$/.exec(hash)?.[1] ?? null

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

/** The code of the link by which somebody came; null: he came by another. */
export const useInvitationCode = (): string | null => useSyncExternalStore(subscribe, () => codeIn(location.hash))

/** Leaves without a way back to a code that is of no use any more. */
export const leaveTo = (path: string): void => location.replace(`#${path}`)
