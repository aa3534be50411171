import type { UnitScale, Units } from '@aquifer/core/fhir'
import ucum from '@lhncbc/ucum-lhc'

// Units as people and devices write them, by their UCUM code.
const spellings: Readonly<Record<string, string>> = {
  '(score)': '{score}',
  score: '{score}',
  mmHg: 'mm[Hg]',
  'mm Hg': 'mm[Hg]',
  cmH2O: 'cm[H2O]',
  bpm: '/min',
  'beats/min': '/min',
  'beats/minute': '/min',
  'breaths/min': '/min',
  'breaths/minute': '/min',
  '°C': 'Cel',
  degC: 'Cel',
  C: 'Cel',
  Celsius: 'Cel',
  '°F': '[degF]',
  degF: '[degF]',
  F: '[degF]',
  Fahrenheit: '[degF]',
  lb: '[lb_av]',
  lbs: '[lb_av]',
  pounds: '[lb_av]',
  oz: '[oz_av]',
  in: '[in_i]',
  inch: '[in_i]',
  inches: '[in_i]',
  ft: '[ft_i]',
  feet: '[ft_i]',
  mile: '[mi_i]',
  miles: '[mi_i]',
  percent: '%',
  IU: '[iU]',
  'IU/L': '[iU]/L',
  'IU/mL': '[iU]/mL',
  mcg: 'ug',
  µg: 'ug',
  μg: 'ug',
  'µg/L': 'ug/L',
  'mcg/mL': 'ug/mL',
  µL: 'uL',
  cc: 'cm3',
  ml: 'mL',
  l: 'L',
  'mg/dl': 'mg/dL',
  'g/dl': 'g/dL',
  'mmol/l': 'mmol/L',
  'kg/m²': 'kg/m2',
  'kg/m^2': 'kg/m2',
  'm²': 'm2',
  kilogram: 'kg',
  kilograms: 'kg',
  gram: 'g',
  grams: 'g',
  meter: 'm',
  meters: 'm',
  centimeter: 'cm',
  centimeters: 'cm',
  sec: 's',
  second: 's',
  seconds: 's',
  minute: 'min',
  minutes: 'min',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  week: 'wk',
  weeks: 'wk',
  month: 'mo',
  months: 'mo',
  year: 'a',
  years: 'a',
  yr: 'a',
}

// Special units are scales with a zero of their own. Those of temperature are straight lines; logarithms are compared as written.
const temperatures = new Set(['Cel', '[degF]', '[degRe]'])

const utils = ucum.UcumLhcUtils.getInstance()

// What a conversion adds in its last digits must not decide a comparison.
const digits = 12
const rounded = (amount: number): number => Number(amount.toPrecision(digits))

const known = new Map<string, UnitScale | null>()
// Units are written by senders: more kinds of them than this are no units.
const knownMax = 20_000

/** Scales of UCUM units; each is worked out once. */
export const ucumUnits: Units = (unit) => {
  const scale = known.get(unit)
  if (scale !== undefined) return scale
  if (known.size >= knownMax) known.clear()
  const found = scaleOf(spellings[unit] ?? unit)
  known.set(unit, found)
  return found
}

const codeLengthMax = 100
// UCUM is ASCII without blanks.
const ucumCode = /^[!-~]+$/

/** By the parser itself: the package's own front for it prints what it cannot read. */
function parsed(code: string): ReturnType<(typeof utils)['uStrParser_']['parseString']>[0] {
  try {
    const [unit, read] = utils.uStrParser_.parseString(code, 'validate')
    return read === code ? unit : null
  } catch {
    return null
  }
}

function scaleOf(code: string): UnitScale | null {
  if (code.length > codeLengthMax || !ucumCode.test(code)) return null
  const unit = parsed(code)
  const powers = unit?.dim_?.dimVec_
  // Arbitrary units ([iU]) are comparable to none but themselves.
  if (!unit || !powers || unit.isArbitrary_) return null
  // To UCUM a mole is a mere number; nobody who asks for mmol/L means cells by their count.
  const dimension = [...powers, unit.moleExp_ + unit.equivalentExp_].join()
  if (!unit.isSpecial_) return { dimension, toBase: (amount) => rounded(amount * unit.magnitude_) }
  if (!temperatures.has(code)) return null
  const kelvin = (amount: number): number => utils.convertUnitTo(code, amount, 'K').toVal ?? Number.NaN
  const [zero, hundred] = [kelvin(0), kelvin(100)]
  return { dimension, toBase: (amount) => rounded(zero + (amount * (hundred - zero)) / 100) }
}
