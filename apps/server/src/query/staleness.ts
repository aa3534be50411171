import type { ChangedPeople, QueryBasis, StatementStatus } from '@aquifer/core/contract'
import type { ReservoirManifest } from '../reservoir/index.js'

type Stale = NonNullable<StatementStatus['stale']>

/** What a result would rest on now; of counts as of their cut-over. */
export interface StandingNow {
  /** null: the snapshot or cut is there no more */
  manifest: ReservoirManifest | null
  epoch: number
  changed: ChangedPeople | null
  /** names of cohorts, lists, views and files that it read and that are others by now */
  redefined: readonly string[]
}

/** Why a result is not what its statement would answer now. */
export function staleCauses(basis: QueryBasis, { manifest, epoch, changed, redefined }: StandingNow): Stale {
  if (manifest === null) {
    const detail = basis.cut === undefined ? 'The study is not published any more.' : `The data cut ${basis.cut} is not kept any more.`
    return [{ cause: basis.cut === undefined ? 'data' : 'cut', detail }]
  }
  const stale: Stale = redefined.map((name) => ({ cause: 'definition', detail: `${name} was changed since.` }))
  if (basis.maskingPolicy !== manifest.maskingPolicy)
    stale.push({ cause: 'policy', detail: `It was masked by ${basis.maskingPolicy}; now ${manifest.maskingPolicy} is in force.` })
  if (basis.snapshot !== manifest.snapshot)
    stale.push({ cause: 'data', detail: `Other data was published since, on ${manifest.snapshot}.` })
  if (changed === null) {
    if (basis.consentEpoch < epoch)
      stale.push({ cause: 'consent', detail: `Consent changed since: epoch ${basis.consentEpoch}, now ${epoch}.` })
  } else if (basis.consentEpoch < manifest.consentEpoch)
    stale.push({ cause: 'consent', detail: 'Consent changed since; the figures were cut over.' })
  return stale
}
