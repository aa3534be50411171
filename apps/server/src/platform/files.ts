import path from 'node:path'
import type { Config } from '../config/index.js'
import { openFileDesk, type FileDesk } from '../files/index.js'
import type { Keyring } from '../lake/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import type { Repository } from '../repository/index.js'
import type { ObjectStore } from '../storage/index.js'
import type { Studies } from '../study/index.js'

interface FilesParts {
  config: Config
  keyring: Keyring
  objects: ObjectStore | null
  repository: Repository
  studies: Studies
  metrics: Metrics
  log: Log
  now: () => number
  newId: () => string
}

/** Files under the data folder: those of the lake are sealed by the key that seals the study's lake. */
export function openFiles({ config, keyring, log, ...systems }: FilesParts): Promise<FileDesk> {
  return openFileDesk({
    ...systems,
    dir: path.join(config.dataDir, 'files'),
    keys: {
      studyKey: (study) => keyring.studyKey(study, 'lake'),
      keyById: (study, id) => keyring.keyById(study, id),
    },
    onBug: (error) => log.error({ err: errorName(error) }, 'files that were not finished cannot be removed'),
  })
}
