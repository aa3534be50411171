import path from 'node:path'
import type { Config } from '../config/index.js'
import type { FileDesk } from '../files/index.js'
import { openKeyring } from '../lake/index.js'
import { openCodeLists, openOwnViews } from '../query/index.js'
import { listFile, readReservoirManifest } from '../reservoir/index.js'
import { CannotStart } from '../storage/index.js'
import { openFiles } from './files.js'
import { openFlow, type Flow, type FlowParts } from './flow.js'
import { openObjects } from './objects.js'
import { openPersonKeys } from './person-keys.js'
import { openKeys } from './privacy.js'
import { openQueries, queryGauges, riskGauges, type Queries, type QueryParts } from './queries.js'
import { frontStages } from './stages.js'

type Given = Omit<FlowParts, 'keyring' | 'objects' | 'otherStages' | 'ownViews' | 'codeLists' | 'policies' | 'files'>
type Asked = Pick<QueryParts, 'studies' | 'now' | 'newId' | 'owner' | 'later'>

interface BehindParts extends Given, Asked {
  policies: FlowParts['policies'] & QueryParts['policies']
  closing: { add(close: () => Promise<unknown> | void): void }
}

interface Behind {
  files: FileDesk
  /** null where this process does not run the pipeline */
  flow: Flow | null
  keys: Awaited<ReturnType<typeof openKeys>> | null
  queries: Queries | null
}

/** What follows behind the repository: files as they came, lake, masking, reservoir, and statements on the end of it. */
export async function openBehind({ closing, ...parts }: BehindParts): Promise<Behind> {
  const { config, repository, studies, metrics, now, newId } = parts
  const keyring = await openKeyring({ dir: path.join(config.dataDir, 'keys'), masterKeyFile: config.masterKeyFile, now })
  if (config.bucket !== null && config.roles.includes('query') && !runsPipeline(config))
    throw new CannotStart('With a bucket, statements run where the reservoir is written: give replicator, masker and query to one process.')
  const objects = await openObjects(config)
  const files = await openFiles({ ...parts, keyring, objects: objects.bucket?.files ?? null })
  closing.add(() => files.close())
  const ownViews = openOwnViews(repository, now)
  const fileOf = (study: string, sha256: string, rows: () => Promise<Buffer>): Promise<string> =>
    listFile(path.join(config.storeDir, 'reservoir', study), sha256, rows)
  const tables = { ownViews, codeLists: openCodeLists({ repository, fileOf, now }) }
  const otherStages = frontStages({ repository, studies, metrics, now })
  const flow = runsPipeline(config) ? await openFlow({ ...parts, ...tables, keyring, objects, otherStages, files: files.verify }) : null
  if (flow !== null) closing.add(() => flow.close())
  const keys = flow === null ? null : await openKeys({ repository, flow, now, newId })
  // Whoever answers statements beside the process that masks has to leave out whom that one leaves out.
  const shown = async (study: string) => (await readReservoirManifest(path.join(config.storeDir, 'reservoir', study)))?.maskingKey
  const { patientKeys } = flow ?? openPersonKeys(keyring, shown)
  const masked = { reservoir: flow?.reservoir ?? null, patientKeys }
  const queries = config.roles.includes('query') ? openQueries({ ...parts, ...tables, ...masked, files }) : null
  if (queries !== null) {
    closing.add(() => queries.query.close())
    closing.add(() => queries.downloads.close())
    closing.add(() => queries.savedQueries.close())
    closing.add(() => queries.risk.close())
    riskGauges(metrics, queries.risk)
    queryGauges(metrics, queries.query)
  }
  return { files, flow, keys, queries }
}

const runsPipeline = (config: Config): boolean => config.roles.includes('replicator') && config.roles.includes('masker')
