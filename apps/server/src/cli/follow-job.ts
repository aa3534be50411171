import { setTimeout as sleep } from 'node:timers/promises'
import type { JobView } from '@aquifer/core/contract'
import type { Client, Need } from './client.js'
import { openProgress } from './progress.js'

const pollMs = 200

/** Waits for a job's end and shows how far it is. */
export async function followJob(client: Client, started: JobView, what: string, need: Need): Promise<JobView> {
  const bar = openProgress(what, 1)
  let job = started
  while (job.state === 'queued' || job.state === 'running') {
    await sleep(pollMs)
    job = await client.json<JobView>({ path: `/jobs/api/v1/${job.id}`, need })
    bar.update(job.progress ?? 0)
  }
  bar.end()
  return job
}
