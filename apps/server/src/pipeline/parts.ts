import type { StageView } from '@aquifer/core/contract'
import type { Lake } from '../lake/index.js'
import type { MaskingRun } from '../masking/index.js'
import type { Replicator } from '../replicator/index.js'
import type { Reservoir } from '../reservoir/index.js'
import type { Clock } from '../storage/index.js'

export interface PipelineParts {
  replicator: Replicator
  lake: Lake
  masking: MaskingRun
  reservoir: Reservoir
  clock: Clock
  /** The stages before the feed and behind the reservoir, each told by its own system. */
  otherStages?: (study: string | null) => Promise<StageView[]>
}
