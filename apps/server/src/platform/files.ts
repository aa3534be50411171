import path from 'node:path'
import type { Config } from '../config/index.js'
import { openFileDesk, type FileDesk } from '../files/index.js'
import { openKeyring, type Keyring } from '../lake/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'
import type { Studies } from '../study/index.js'

interface FilesParts {
  config: Config
  repository: Repository
  studies: Studies
  metrics: Metrics
  log: Log
  now: () => number
  newId: () => string
}

/** Files under the data folder, and the one keyring of this process: those of the lake are sealed by the key that seals the study's lake. */
export async function openFiles(parts: FilesParts): Promise<{ keyring: Keyring; files: FileDesk }> {
  const { config, repository, studies, metrics, log, now, newId } = parts
  const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile, now })
  const files = await openFileDesk({
    repository,
    studies,
    dir: path.join(config.dataDir, 'files'),
    keys: {
      studyKey: (study) => keyring.studyKey(study, 'lake'),
      keyById: (study, id) => keyring.keyById(study, id),
    },
    metrics,
    now,
    newId,
    onBug: (error) => log.error({ err: errorName(error) }, 'files that were not finished cannot be removed'),
  })
  return { keyring, files }
}
