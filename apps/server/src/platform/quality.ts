import type { Config } from '../config/index.js'
import type { Jobs } from '../jobs/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import { openQuality, type QualityDesk } from '../quality/index.js'
import type { Repository } from '../repository/index.js'

interface Parts {
  config: Config
  repository: Repository
  jobs: Jobs
  metrics: Metrics
  log: Log
  now: () => number
  closing: { add(close: () => void): void }
}

export function openDataQuality({ config, repository, jobs, metrics, log, now, closing }: Parts): QualityDesk {
  const onBug = (error: unknown): void => log.error({ err: errorName(error) }, 'the quality of data cannot be followed')
  const quality = openQuality({ repository, queue: jobs.queue, now, ticks: config.roles.includes('scheduler'), onBug })
  closing.add(() => quality.close())
  const told = 'Findings in the data of all studies, as last looked through by this process'
  metrics.gauge('aquifer_quality_findings', told, () => quality.findings() ?? Number.NaN)
  return quality
}
