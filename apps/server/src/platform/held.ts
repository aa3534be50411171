import { refuse } from '@aquifer/core/refusal'
import type { DisplayDoor, HeldDoor } from '../http/index.js'
import { DisplayDesk, HeldDesk, policyNamedOrRead, type HeldResource, type MaskingRun } from '../masking/index.js'
import type { Log, Metrics } from '../monitoring/index.js'

/** What is held back and the dictionary of displays, as the HTTP edge asks for them. */
export function heldDoors(parts: ConstructorParameters<typeof HeldDesk>[0]): { held: HeldDoor; displays: DisplayDoor } {
  const desk = new HeldDesk(parts)
  const held: HeldDoor = {
    groups: (study, show) => desk.groups(study, show),
    resources: (study, cause, page) => desk.resources(study, cause, page),
    release: (study) => desk.release(study),
    async preview(study, said) {
      if (typeof said !== 'string') return desk.preview(study, said)
      const { policy, problems } = policyNamedOrRead(said)
      if (policy) return desk.preview(study, policy)
      const issues = problems.map(({ path, line, message }) => {
        return { severity: 'error' as const, path, code: 'invalid', message: `line ${line}: ${message}` }
      })
      return refuse('invalid', {
        detail: issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '),
        issues,
      })
    },
  }
  return { held, displays: new DisplayDesk(parts.masking) }
}

/** Tells by log and figures what is newly held. The figures are of all studies: who reads them need not know which there are. */
export function openHeldAlarm({ log, metrics }: { log: Log; metrics: Metrics }) {
  const total = new Map<string, number>()
  metrics.gaugeBy('aquifer_masking_newly_held', 'Resources newly held back since the start', 'reason', async () =>
    Object.fromEntries(total),
  )
  return {
    onHeld({ study, resources }: { study: string; resources: readonly HeldResource[] }): void {
      const reasons = countBy(resources)
      for (const [reason, count] of Object.entries(reasons)) total.set(reason, (total.get(reason) ?? 0) + count)
      log.warn({ study, count: resources.length, reasons }, 'resources are held back from masking')
    },
    watch(masking: MaskingRun): void {
      metrics.gaugeBy('aquifer_masking_held_by_reason', 'Resources held back from masking', 'reason', async () => masking.heldByReason())
    },
  }
}

function countBy(resources: readonly HeldResource[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason } of resources) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}
