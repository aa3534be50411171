import type { Catalogue } from '@aquifer/core/contract'
import { moment } from '../../../ui/format.js'
import type { Result } from '../result.js'

/** Why a result no longer says what the data says; null while it does. No count of people: a delta could name one. */
export function staleCause(result: Result, now: Catalogue | undefined): string | null {
  if (now === undefined) return null
  const { basis } = result
  if (now.consentEpoch !== undefined && now.consentEpoch > basis.consentEpoch) return 'Consent changed since this ran.'
  if (now.maskingPolicy !== basis.maskingPolicy) return `Masking rules changed since this ran: ${now.maskingPolicy} now.`
  if (now.snapshot !== null && Date.parse(now.snapshot) > Date.parse(basis.snapshot))
    return `New data since this ran: snapshot ${moment(now.snapshot)}.`
  return null
}
