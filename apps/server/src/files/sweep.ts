import { rm, stat } from 'node:fs/promises'
import type { FileParts } from './store.js'

const everyMs = 3_600_000
// Between a file's name and its row lies one transaction; what has no row after this never gets one.
const rowlessMs = 600_000
export const uploadKeptMs = 24 * 3_600_000

/** Removes what was never finished: at the start, and then by the hour. */
export async function openSweeper(parts: FileParts, onBug: (error: unknown) => void) {
  const sweep = async (): Promise<void> => {
    await sweepUploads(parts)
    await sweepRowless(parts)
  }
  await parts.places.sweepIncoming()
  await sweep()
  let sweeping: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void (sweeping = sweeping.then(sweep).catch(onBug)), everyMs)
  timer.unref()
  return {
    sweep,
    async close() {
      clearInterval(timer)
      await sweeping
    },
  }
}

async function sweepUploads({ repository, places, now }: FileParts): Promise<void> {
  const open = new Set<string>()
  for (const { id, at } of await repository.files.uploads()) {
    if (now() - at <= uploadKeptMs) open.add(id)
    else await repository.files.endUpload(id)
  }
  for (const id of await places.uploads()) {
    if (open.has(id)) continue
    const path = await places.upload(id)
    const found = await stat(path).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs > rowlessMs) await rm(path, { force: true })
  }
}

async function sweepRowless({ repository, places }: FileParts): Promise<void> {
  let batch: { store: 'lake' | 'reservoir'; study: string; id: string }[] = []
  const check = async (): Promise<void> => {
    const known = await repository.files.known(batch.map(({ id }) => id))
    for (const { store, study, id } of batch) if (!known.has(id)) await places.remove(store, study, id)
    batch = []
  }
  for await (const { at, ...file } of places.all()) {
    if (Date.now() - at > rowlessMs) batch.push(file)
    if (batch.length >= 500) await check()
  }
  await check()
}
