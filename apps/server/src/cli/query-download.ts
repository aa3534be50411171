import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeAtomically } from '../storage/index.js'
import type { DownloadFormat, DownloadManifest, DownloadView, StatementStatus } from '@aquifer/core/contract'
import type { Client, Need } from './client.js'
import { CommandFailed } from './failure.js'
import { openProgress } from './progress.js'

const pollMs = 150

interface Ask {
  statement: Record<string, unknown>
  format: DownloadFormat
  out: string
  need: Need
}

/** The whole result of a statement as a file of the server's, checked against its checksum; manifest and codebook beside it. */
export async function downloadTo(client: Client, { statement, format, out, need }: Ask): Promise<DownloadManifest> {
  const bar = openProgress('query', 1)
  const begun = await client.json<StatementStatus>({
    method: 'POST',
    path: '/query/api/v1/statements',
    json: statement,
    headers: { prefer: 'respond-async' },
    need,
  })
  await statementDone(client, begun, need, (progress) => bar.update(progress / 2))
  const json = { statement: begun.id, format }
  const asked = await client.json<DownloadView>({ method: 'POST', path: '/query/api/v1/downloads', json, need })
  await downloadDone(client, asked, need, (progress) => bar.update(0.5 + progress / 2))
  bar.end()
  const base = `/query/api/v1/downloads/${asked.id}`
  const manifest = await client.json<DownloadManifest>({ path: `${base}/manifest`, need })
  const [file, codebook] = [await client.send({ path: `${base}/file`, need }), await client.send({ path: `${base}/codebook`, need })]
  const isWhole = createHash('sha256').update(file.body).digest('hex') === manifest.file.sha256
  if (file.status !== 200 || codebook.status !== 200 || !isWhole)
    throw new CommandFailed('The file did not come as it was written: nothing was kept. Try again.')
  await writeAtomically(out, file.body)
  await writeAtomically(`${out}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`)
  await writeAtomically(`${out}.codebook.json`, codebook.body)
  return manifest
}

async function statementDone(client: Client, begun: StatementStatus, need: Need, told: (progress: number) => void): Promise<void> {
  let status = begun
  while (status.state === 'queued' || status.state === 'running') {
    await sleep(pollMs)
    status = await client.json<StatementStatus>({ path: `/query/api/v1/statements/${begun.id}`, need })
    told(status.progress ?? 0)
  }
  if (status.state !== 'done') throw new CommandFailed(status.problem?.detail ?? 'The statement did not end.')
}

async function downloadDone(client: Client, asked: DownloadView, need: Need, told: (progress: number) => void): Promise<void> {
  let view = asked
  while (view.state === 'queued' || view.state === 'running') {
    await sleep(pollMs)
    view = await client.json<DownloadView>({ path: `/query/api/v1/downloads/${asked.id}`, need })
    told(view.progress ?? 0)
  }
  if (view.state !== 'done') throw new CommandFailed(view.problem ?? 'The download did not end.')
}
