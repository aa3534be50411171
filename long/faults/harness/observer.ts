// Looks all the time at what a reader could see: manifests and whether their files are there, and every byte of lake and reservoir.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readManifest, readPage } from '../../../apps/server/src/lake/manifest.js'
import { segmentFile } from '../../../apps/server/src/lake/segment.js'
import { openFolderStore } from '../../../apps/server/src/storage/index.js'
import { filesOf, readReservoirManifest } from '../../../apps/server/src/reservoir/manifest.js'
import { study, type Duck } from './bench.js'
import { canary } from './resources.js'
import type { Work } from './workload.js'

const everyMs = 20
const roundsMax = 4

export class Observer {
  readonly #work: Work
  readonly #duck: Duck
  readonly #seen = new Map<string, string>()
  readonly #hashed = new Set<string>()
  #over = false
  #running: Promise<void> = Promise.resolve()
  looks = 0

  constructor(work: Work, duck: Duck) {
    this.#work = work
    this.#duck = duck
  }

  start(): void {
    this.#running = this.#watch().catch((error: Error) => this.#work.fault(`the observer: ${error.stack ?? error.message}`))
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#running
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      await this.look()
      await sleep(everyMs)
    }
  }

  async look(): Promise<void> {
    this.looks += 1
    await this.#reservoirIsWhole()
    await this.#lakeIsWhole()
    await this.#nothingUnmasked()
    await this.#withdrawnAreGone()
  }

  get #reservoir(): string {
    return path.join(this.#work.bench.dataDir, 'reservoir', study)
  }

  get #lake(): string {
    return path.join(this.#work.bench.dataDir, 'lake', study)
  }

  /** Every file that a manifest names is there as long as it is the manifest. */
  async #reservoirIsWhole(): Promise<void> {
    for (let round = 0; round < roundsMax; round += 1) {
      const manifest = await readReservoirManifest(this.#reservoir)
      const missing = await absent([...filesOf(manifest)].map((file) => path.join(this.#reservoir, file)))
      if (missing.length === 0) return
      const now = await readReservoirManifest(this.#reservoir)
      if (now?.generation === manifest?.generation)
        return this.#work.fault(`the reservoir's manifest names ${missing.join()}, which is not there`)
    }
  }

  async #lakeIsWhole(): Promise<void> {
    for (let round = 0; round < roundsMax; round += 1) {
      const manifest = await readManifest(openFolderStore(this.#lake))
      if (manifest === null) return
      const problem = await this.#segmentsOf(manifest).catch((error: Error) => error.message)
      if (problem === null) return
      const now = await readManifest(openFolderStore(this.#lake))
      if (JSON.stringify(now) === JSON.stringify(manifest)) return this.#work.fault(`the lake's manifest: ${problem}`)
    }
  }

  async #segmentsOf(manifest: NonNullable<Awaited<ReturnType<typeof readManifest>>>): Promise<string | null> {
    const segments = [...manifest.segments]
    for (const page of manifest.pages) segments.push(...(await readPage(openFolderStore(this.#lake), study, page)))
    for (const { id, sha256 } of segments) {
      if (this.#hashed.has(sha256)) {
        if ((await absent([path.join(this.#lake, segmentFile(id))])).length > 0) return `segment ${id} is not there`
        continue
      }
      const bytes = await readFile(path.join(this.#lake, segmentFile(id)))
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) return `segment ${id} has other bytes`
      this.#hashed.add(sha256)
    }
    return null
  }

  /** Each file is read once for each size and time it has. */
  async #nothingUnmasked(): Promise<void> {
    const { dataDir } = this.#work.bench
    for (const folder of ['lake', 'reservoir', 'query', 'files/lake', 'files/incoming']) {
      for (const { file, key } of await filesIn(path.join(dataDir, folder))) {
        if (this.#seen.get(file) === key) continue
        this.#seen.set(file, key)
        const name = path.relative(dataDir, file)
        if (canary.test(name)) this.#work.fault(`the name of ${name} holds a canary`)
        const text = await textOf(this.#duck, file)
        if (text === null) this.#seen.delete(file)
        else if (canary.test(text)) this.#work.fault(`${name} holds an unmasked value: ${canary.exec(text)?.[0]}`)
      }
    }
  }

  /** By the interface: whoever withdrew before it was asked is not in the answer. */
  async #withdrawnAreGone(): Promise<void> {
    const { bench, tokens, model } = this.#work
    for (const { id } of model.people.filter(({ withdrawn }) => withdrawn !== null)) {
      const asked = { path: `/fhir-server/api/v1/Observation?patient=${id}`, token: tokens.reader, headers: { 'x-aquifer-study': study } }
      const answer = await bench.send(asked)
      if (answer?.status === 200 && Number(answer.json['total']) > 0) this.#work.fault(`${id} withdrew and is found`)
    }
  }
}

async function absent(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => null,
        () => path.basename(file),
      ),
    ),
  )
  return found.filter((each) => each !== null)
}

export async function filesIn(folder: string): Promise<{ file: string; key: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => null)))
  return files.flatMap((file, n) => (stats[n] ? [{ file, key: `${stats[n].size} ${stats[n].mtimeMs}` }] : []))
}

/** All that stands in a file, what is packed read as its reader reads it; null: it is not whole yet, or gone. */
export async function textOf(duck: Duck, file: string): Promise<string | null> {
  const bytes = await readFile(file, 'latin1').catch(() => null)
  if (bytes === null || !file.endsWith('.parquet')) return bytes
  if (!bytes.endsWith('PAR1')) return null
  const rows = await duck.runAndReadAll(`SELECT CAST(t AS VARCHAR) FROM read_parquet('${file}') t`).catch(() => null)
  return rows === null ? null : `${bytes}\n${rows.getRows().join('\n')}`
}
