import type { Catalogue, StatementParameters } from '@aquifer/core/contract'
import { moment } from '../../../ui/format.js'
import { told } from '../parameters.js'
import type { Compiled } from '../references.js'
import type { Result } from '../result.js'
import type { Ran } from '../run.js'

/** Why a result is of other data than its notebook reads now. */
export const chosenCause = ({ cut: of = null }: { cut?: string | null | undefined }, cut: string | null): string | null =>
  of === cut ? null : `The notebook reads ${cut === null ? 'the living data' : `cut ${cut}`} since this ran.`

/** Why a result no longer says what the data says; null while it does. No count of people: a delta could name one. */
export function staleCause({ basis }: Pick<Result, 'basis'>, now: Catalogue | undefined, cut: string | null): string | null {
  const chosen = chosenCause(basis, cut)
  if (chosen !== null || now === undefined) return chosen
  const redefined = basis.reads?.find(({ name, version }) => now.tables.find((table) => table.name === name)?.version !== version)
  if (redefined !== undefined) return `${redefined.name} changed since this ran.`
  // The rows of a data cut are what they were, but for who withdrew.
  if (basis.cut !== undefined)
    return basis.withheldEpoch !== undefined && now.consentEpoch !== undefined && now.consentEpoch > basis.withheldEpoch
      ? 'Consent changed since this ran.'
      : null
  if (now.consentEpoch !== undefined && now.consentEpoch > basis.consentEpoch) return 'Consent changed since this ran.'
  if (now.maskingPolicy !== basis.maskingPolicy) return `Masking rules changed since this ran: ${now.maskingPolicy} now.`
  if (now.snapshot !== null && Date.parse(now.snapshot) > Date.parse(basis.snapshot))
    return `New data since this ran: snapshot ${moment(now.snapshot)}.`
  return null
}

/** Why a result does not follow from what now stands above it: another cell, or a parameter. Its own text is told apart from it. */
export function upstreamCause(ran: Ran | null, now: Compiled): string | null {
  if (ran === null) return null
  const names = new Set([...Object.keys(ran.texts), ...Object.keys(now.texts)])
  names.delete('')
  const changed = [...names].filter((name) => ran.texts[name] !== now.texts[name])
  // A cell that is read anew or no more is an edit of this one, and is told as such.
  const edited = ran.texts[''] !== now.texts['']
  const upstream = changed.filter((name) => !edited || (ran.texts[name] !== undefined && now.texts[name] !== undefined))
  if (upstream.length > 0) return `${upstream.join(', ')} changed since this ran.`
  const parameter = Object.keys(now.parameters).find((name) => differs(ran.parameters, now.parameters, name))
  if (parameter === undefined || ran.parameters[parameter] === undefined) return null
  return `${parameter} changed since this ran: it was ${told(ran.parameters[parameter].value)}, now ${told(now.parameters[parameter]?.value)}.`
}

export const isEdited = (ran: Ran | null, now: Compiled): boolean => ran !== null && ran.texts[''] !== now.texts['']

const differs = (one: StatementParameters, other: StatementParameters, name: string): boolean =>
  JSON.stringify(one[name]) !== JSON.stringify(other[name])
