import { boundedCache } from './bounded-cache.js'

// Quantity.unit is free text: it is kept where every word of it is a unit of measure, alone, prefixed, or in UCUM braces that hold one.
const symbols =
  '% ‰ m g gm gr l s sec min h hr hrs d day days wk week weeks mo month months a yr yrs year years hz khz mhz n pa kpa hpa bar j kj v mv uv w ohm c f k cel celsius degc degf fahrenheit kelvin °c °f deg degree degrees mol osm osmol mosm eq meq kat iu u arb unt unit units ui pfu cfu cal kcal lb lbs oz stone ft foot feet in inch inches yd mi mile miles mmhg cmh2o mm[hg] cm[h2o] m[h2o] psi ppm ppb ppth log count counts number score scores points point ratio index bpm beats beat breaths breath steps step drops drop gtt tablet tablets tab tabs capsule capsules cap caps dose doses puff puffs spray sprays patch patches vial vials ampule ampoule ampoules pill pills lozenge sachet sachets scoop scoops bottle box each ea application applications tbsp tsp cup cups pack packs packyears packs/day cell cells copies rbc wbc hpf lpf field fields titer ph sd t-score z-score mpm met mets sqm m2 m3 dl cl ml ul µl nl pl fl kl kg mg ug mcg µg ng pg fg mm cm dm km um µm nm mmol umol µmol nmol pmol fmol mosmol ms us ns mu miu kiu ku uiu µu µiu pt bsa times time total per second seconds minute minutes hour hours liter liters litre litres meter meters metre metres gram grams kilogram kilograms milligram milligrams microgram micrograms pound pounds ounce ounces percent percentile kilometers kilometer millimeter centimeters centimeter milliliter milliliters usd eur gbp nmol/l g% mg% vol% ratio yrs episode episodes visit visits event events serving servings level scale o t'
const known = new Set(symbols.split(' '))
const separators = /[\s/.*·^()[\]{}'_\d-]+/u
const digit = /\d/g
const braces = /\{([^{}]*)\}/g

/** Is this text a unit of measure and nothing else? */
export const isUnit = boundedCache(2000, readsAsUnit)

function readsAsUnit(unit: string): boolean {
  if (unit.length > 40) return false
  const lower = unit.toLowerCase().replaceAll('μ', 'µ')
  if (known.has(lower)) return true
  // '1.73' and '10*3' belong to units; a date or a telephone number has more digits.
  if ((lower.match(digit)?.length ?? 0) > 4) return false
  const words = lower.split(separators).filter((word) => word !== '')
  return words.length > 0 && words.length <= 6 && words.every((word) => known.has(word))
}

// Atoms of UCUM that nobody writes alone, beside those of four letters and less.
const atoms = new Set('degre torr diop beth mclr hnsf sqin katal month dalton smoot'.split(' '))

/** Is this written as UCUM is, with nothing in its braces but what counts or measures? */
export const isUcumCode = boundedCache(2000, readsAsUcum)

function readsAsUcum(code: string): boolean {
  if (isUnit(code)) return true
  if (code.length > 40 || !/^[!-~]+$/.test(code)) return false
  for (const [, note = ''] of code.matchAll(braces)) if (note !== '' && !shortOrKnown(note, 3)) return false
  const bare = code.replaceAll(braces, '')
  return !/[{}]|\d{6}/.test(bare) && shortOrKnown(bare, 4)
}

function shortOrKnown(text: string, lettersMax: number): boolean {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  return words.every((word) => word.length <= lettersMax || known.has(word) || atoms.has(word))
}
