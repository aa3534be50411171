import { randomUUID } from 'node:crypto'
import type { Client, Pool } from 'pg'

const channel = 'aquifer_feed'
// NOTIFY inside a transaction would make all commits wait for one another (PostgreSQL queues them under one lock), so it is sent
// after the commit, once for all that were committed meanwhile. If the process dies in between, the listeners' polling finds it.
const quietMs = 10
const reconnectMs = 1_000

export interface WakeUp {
  committed(): void
  onWrite(listener: () => void): () => void
  close(): Promise<void>
}

export function openWakeUp(notifier: Pool, listenClient: () => Client): WakeUp {
  const self = randomUUID()
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<unknown> = Promise.resolve()
  let client: Client | null = null
  let closed = false
  const wake = (): void => {
    for (const listener of listeners) listener()
  }
  const send = (): void => {
    timer = null
    sending = notifier.query(`select pg_notify('${channel}', $1)`, [self]).catch(() => undefined)
  }
  const connect = async (): Promise<void> => {
    if (closed || client !== null) return
    const fresh = listenClient()
    client = fresh
    const lost = (): void => {
      if (client !== fresh) return
      client = null
      // What was written while nobody listened is found by looking once.
      if (!closed) setTimeout(() => void connect().then(wake), reconnectMs).unref()
    }
    fresh.on('error', lost)
    fresh.on('end', lost)
    fresh.on('notification', (message) => {
      if (message.payload !== self) wake()
    })
    try {
      await fresh.connect()
      await fresh.query(`listen ${channel}`)
    } catch {
      lost()
    }
  }
  return {
    committed() {
      wake()
      timer ??= setTimeout(send, quietMs)
    },
    onWrite(listener) {
      listeners.add(listener)
      void connect()
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await sending
      await client?.end().catch(() => undefined)
    },
  }
}
