// What a run does, by its seed: which faults, who writes how much, who leaves, what is done beside.
import { faultsOf, type Fault } from './faults.js'
import { deeds, type Deed } from './governance.js'
import type { Act } from './model.js'
import { Random } from './random.js'
import type { Enrolment, Withdrawing } from './workload.js'

/** `short`: one fault, and little beside what passes its point. */
export type Size = 'whole' | 'short'

interface WriterPlan {
  id: string
  random: Random
  enrolment: Enrolment
  steps: number
  withdrawal: Withdrawing | null
}
export interface Plan {
  faults: Fault[]
  publish: '1h' | null
  writers: WriterPlan[]
  deeds: Deed[]
  governing: Random
  /** of the first person, when all else is done */
  last: Act | null
  /** how it ends after the work, before it has to settle */
  restart: 'kill' | 'close' | null
  /** what its backup is brought back with when all has been checked, and the faults that wait there */
  restore: { lake: boolean; faults: Fault[] } | null
}

const deedShare = 0.15
const withdrawalShare = 0.35
const restoreShare = 0.08
const enrolments: readonly Enrolment[] = ['transaction', 'transaction', 'import', 'registration']

interface Need {
  deed?: Deed
  enrolment?: Enrolment
  act?: Act
}
/** What of the workload passes a point: it is part of the run whose first fault waits there. */
function needed(point: string): Need {
  if (point === 'reservoir.cut-replaced') return { deed: 'cut', act: 'erase' }
  if (point.startsWith('reservoir.cut-')) return { deed: 'cut' }
  if (/^(backup|restore)\./.test(point)) return { deed: 'backup', act: 'erase' }
  if (point.startsWith('files.')) return { deed: 'files' }
  if (point.startsWith('quality.')) return { deed: 'quality' }
  if (/^lake\.anew-|^replicator\.(rebuilt|taken-over)/.test(point)) return { deed: 'rebuild' }
  if (point === 'masking.replay-changed') return { deed: 'replay' }
  if (point.startsWith('registration.')) return { enrolment: 'registration' }
  if (point.startsWith('import.')) return { enrolment: 'import' }
  if (/^erasure\.|round-removed|segments-rewritten|purged|compacted/.test(point)) return { act: 'erase' }
  if (/policy-signed|policy-activated/.test(point)) return { deed: 'policy' }
  if (point.startsWith('privacy.')) return { deed: 'key' }
  if (point.includes('reidentification')) return { deed: 'reidentify' }
  if (point.startsWith('bulk-export.')) return { deed: 'export' }
  return point.startsWith('reservoir.generation') ? { deed: 'publish' } : {}
}

/** Most runs pass it once: whoever waits for the second time waits in vain. */
const isRare = (point: string, { deed, enrolment }: Need): boolean =>
  deed !== undefined || enrolment !== undefined || /segments-joined|round-removed|publication-noted/.test(point)

export function planOf(seed: number, points: readonly string[], size: Size): Plan {
  const random = new Random(seed, 'plan')
  const isShort = size === 'short'
  const [drawn, ...more] = faultsOf(seed, points, random)
  const need = needed(drawn.point)
  const first = isShort || isRare(drawn.point, need) ? { ...drawn, hit: 1 } : drawn
  const all = isShort ? [first] : [first, ...more]
  const restored = need.deed === 'backup' || (!isShort && random.chance(restoreShare))
  const atRestore = ({ point }: Fault): boolean => restored && point.startsWith('restore.')
  // Only what is in a cut or a backup by then leaves it again.
  const last = restored ? 'erase' : need.deed === 'cut' ? (need.act ?? null) : null
  const count = isShort ? 2 : 2 + random.below(2)
  return {
    faults: all.filter((fault) => !atRestore(fault)),
    publish: random.chance(0.8) || isShort ? null : '1h',
    writers: Array.from({ length: count }, (_, n) =>
      writerOf(n, n === 0 ? { ...need, ...(last ? { act: null } : {}) } : {}, random, isShort),
    ),
    deeds: random.shuffled(deedsOf(first.point, { restored, ...need }, random, isShort)),
    governing: new Random(random.below(2 ** 31), 'governance'),
    last,
    // A short run was stopped by its fault.
    restart: isShort ? null : random.chance(0.75) ? 'kill' : 'close',
    restore: restored ? { lake: random.chance(0.6), faults: all.filter(atRestore).map((fault) => ({ ...fault, hit: 1 })) } : null,
  }
}

function writerOf(n: number, need: Omit<Need, 'act'> & { act?: Act | null }, random: Random, isShort: boolean): WriterPlan {
  const steps = isShort ? 4 : 5 + random.below(8)
  const anyhow = !isShort && n < 2 && random.chance(withdrawalShare) ? random.pick(['stop-use', 'erase'] as const) : null
  const act = need.act === undefined ? anyhow : need.act
  const by = act === 'stop-use' && random.chance(0.5) ? 'contract' : 'order'
  return {
    id: `p${n}`,
    random: new Random(random.below(2 ** 31), `p${n}`),
    enrolment: need.enrolment ?? random.pick(enrolments),
    steps,
    withdrawal: act === null ? null : { act, by, after: 1 + random.below(steps - 1) },
  }
}

function deedsOf(point: string, need: Need & { restored: boolean }, random: Random, isShort: boolean): Deed[] {
  const waits: Deed[] = Array.from({ length: point.includes('segments-joined') ? 8 : isShort ? 1 : 2 }, () => 'wait')
  const anyhow = isShort ? [] : deeds.filter(() => random.chance(deedShare))
  const asked = new Set<Deed>([...(need.deed ? [need.deed] : []), ...(need.restored ? ['backup' as const] : [])])
  return [...waits, ...asked, ...anyhow]
}
