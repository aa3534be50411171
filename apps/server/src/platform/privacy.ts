import type { MaskingProgress } from '@aquifer/core/contract'
import type { Metrics } from '../monitoring/index.js'
import { openMaskingKeys, openMaskingPolicies, type MaskingKeys, type MaskingPolicyDesk } from '../privacy/index.js'
import type { Repository } from '../repository/index.js'
import type { Studies, Study } from '../study/index.js'
import type { Flow } from './flow.js'

type PolicyParts = Parameters<typeof openMaskingPolicies>[0] & { studies: Studies; metrics: Metrics }

export function openPolicies({ studies, metrics, ...parts }: PolicyParts): MaskingPolicyDesk {
  const policies = openMaskingPolicies(parts)
  policies.onActivated(() => studies.refresh())
  const { maskingPolicies } = parts.repository
  metrics.gaugeBy('aquifer_masking_policies', 'Masking policies of studies by where they stand', 'state', () => maskingPolicies.states())
  return policies
}

export async function openKeys(parts: {
  repository: Repository
  flow: Flow
  now: () => number
  newId: () => string
}): Promise<MaskingKeys> {
  const { flow, ...others } = parts
  const keys = openMaskingKeys({
    ...others,
    keyring: flow.keyring,
    shownKey: (study) => flow.reservoir.opened(study)?.snapshot()?.maskingKey ?? null,
    keysOfCuts: (study) => flow.reservoir.cuts.keys(study),
    wake: (study) => flow.masking.wake(study),
  })
  await keys.takeUp(await parts.repository.studies.list())
  return keys
}

/** What is shown of a study and what is made beside it; null where this process does not mask. */
export async function progressOf(flow: Flow | null, study: Study): Promise<MaskingProgress | null> {
  if (flow === null) return null
  const opened = flow.reservoir.opened(study.id)
  const [shown, head] = [opened?.snapshot() ?? null, opened?.head() ?? null]
  const { reason = null, target = null, done = 0, total = 0 } = flow.masking.progress(study.id) ?? {}
  const key = (await flow.keyring.studyKey(study.id, 'masking')).id
  const isShown = shown !== null && opened?.rebuilding !== true && shown.maskingKey === key && target?.maskingPolicy === shown.maskingPolicy
  const empty = shown === null && head === null && total === 0
  const state = reason !== null ? 'failed' : empty ? 'empty' : isShown ? 'current' : 'masking-anew'
  return {
    study: study.id,
    state,
    shown: shown === null ? null : { policy: shown.maskingPolicy, key: shown.maskingKey, at: shown.snapshot },
    next: isShown || target === null ? null : { policy: target.maskingPolicy, key: target.maskingKey, at: null },
    done,
    total,
    held: flow.masking.status(study.id)?.held ?? 0,
    reason,
  }
}
