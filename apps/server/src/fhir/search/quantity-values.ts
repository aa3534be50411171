import { indexKeys, ucumSystem, type SearchParameterFact } from '@aquifer/core/fhir'
import type { QuantityValue } from '../../repository/index.js'
import { ucumUnits } from '../units.js'
import { amountValue, around, splitAt, unescaped, type Amount } from './written.js'

/** `number`, `number|system|code` or `number||code`, as each form in which the index may hold it; null: none of these. */
export function quantityValues(fact: SearchParameterFact, written: string): QuantityValue[] | null {
  const [number = '', system, code, more] = splitAt(written, '|').map(unescaped)
  const amount = amountValue(number)
  if (amount === null || more !== undefined) return null
  if (system === undefined) return [{ ...amount, unit: indexKeys.anyUnit }]
  if (fact.type === 'number' || code === undefined || code === '') return null
  return unitsOf(system, code).map(({ unit, toBase }) => ({ ...inBase(amount, toBase), unit }))
}

interface AskedUnit {
  unit: string
  toBase: (amount: number) => number
}

const asWritten = (system: string, code: string): AskedUnit => ({ unit: indexKeys.verbatimUnit(system, code), toBase: (amount) => amount })

function unitsOf(system: string, code: string): AskedUnit[] {
  const isUcum = indexKeys.canonicalSystem(system) === ucumSystem
  const scale = isUcum || system === '' ? ucumUnits(code) : null
  if (scale === null) return [asWritten(system, code)]
  const compared = { unit: indexKeys.dimension(scale.dimension), toBase: (amount: number) => scale.toBase(amount) }
  // Without a system the unit may also be one of another system.
  return isUcum ? [compared] : [compared, asWritten('', code)]
}

const inBase = ({ prefix, value, lo, hi }: Amount, toBase: AskedUnit['toBase']): Amount =>
  around(prefix, toBase(value), toBase(lo), toBase(hi))

const metre = ucumUnits('m')
/** The kilometres of `number||unit`; a number alone is in km. */
export function kilometres(written: string): number | null {
  const [number = '', , unit = 'km'] = splitAt(written, '|').map(unescaped)
  const amount = amountValue(number)
  const scale = ucumUnits(unit)
  if (amount === null || !scale || scale.dimension !== metre?.dimension || !['eq', 'le', 'lt', 'ap'].includes(amount.prefix)) return null
  return scale.toBase(amount.value) / 1000
}
