import { openStreams, type OpenStreams } from '../http/index.js'
import { errorName, type Log } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'

/** What is being sent to people outside, ended by withdrawals of this and of other processes. */
export function watchedStreams(parts: {
  repository: Repository
  log: Log
  now: () => number
  closing: { add(end: () => void): void }
}): OpenStreams {
  const { repository, log, now, closing } = parts
  const streams = openStreams({
    now,
    withdrew: async (sid) => (await repository.withdrawals.list(sid, { limit: 1 }))[0]?.at ?? null,
    onBug: (error) => log.error({ err: errorName(error) }, 'whether somebody withdrew cannot be asked'),
  })
  closing.add(() => streams.close())
  return streams
}
