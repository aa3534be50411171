import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'

// What is on its way to somebody when a person of its study withdraws ends there, however slowly it is read: whoever fetches it sees a
// transfer that broke, and gets the rest from files without that person.

export interface OpenStreams {
  /** `since` (ms): when whoever sends it began to look at what may be sent. `cut` ends it at the other side, too. */
  watch(of: { sid: number; since: number; cut: () => void }, stream: Readable): void
  /** Somebody of the study withdrew. */
  end(sid: number): void
  close(): void
}

interface Parts {
  now: () => number
  /** When somebody of the study last withdrew, in whichever process (ms); null: nobody did. */
  withdrew: (sid: number) => Promise<number | null>
  onBug: (error: unknown) => void
}

class WithdrawnMeanwhile extends Error {
  override readonly name = 'WithdrawnMeanwhile'
}

/** Bytes that wait in the system are not sent either, where it lets them go. */
export function cutOff(socket: unknown): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else if (socket instanceof Socket) socket.resetAndDestroy()
}

const lookMs = 500

export function openStreams({ now, withdrew, onBug }: Parts): OpenStreams {
  const open = new Map<Readable, { sid: number; since: number; cut: () => void }>()
  const ended = new Map<number, number>()
  const endAll = (sid: number, at: number): void => {
    for (const [stream, of] of open) {
      if (of.sid !== sid || of.since > at) continue
      stream.destroy(new WithdrawnMeanwhile())
      of.cut()
    }
  }
  async function look(): Promise<void> {
    for (const sid of new Set([...open.values()].map((of) => of.sid))) {
      const at = await withdrew(sid)
      if (at !== null) endAll(sid, at)
    }
  }
  // What another process is told is not heard here.
  const timer = setInterval(() => void look().catch(onBug), lookMs).unref()
  return {
    watch(of, stream) {
      // It may break before anybody reads it.
      stream.on('error', () => undefined)
      if (of.since <= (ended.get(of.sid) ?? -Infinity)) stream.destroy(new WithdrawnMeanwhile())
      if (stream.destroyed) return
      open.set(stream, of)
      stream.once('close', () => open.delete(stream))
    },
    end(sid) {
      ended.set(sid, now())
      endAll(sid, now())
    },
    close: () => clearInterval(timer),
  }
}
