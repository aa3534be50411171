import { boundedCache } from './bounded-cache.js'

// Quantity.unit is free text: it is kept where every word of it is a unit of measure, alone, prefixed, or in UCUM braces that hold one.
const symbols =
  '% ‰ m g gm gr l s sec min h hr hrs d day days wk week weeks mo month months a yr yrs year years hz khz mhz n pa kpa hpa bar j kj v mv uv w ohm c f k cel celsius degc degf fahrenheit kelvin °c °f deg degree degrees mol osm osmol mosm eq meq kat iu u arb unt unit units ui pfu cfu cal kcal lb lbs oz stone ft foot feet in inch inches yd mi mile miles mmhg cmh2o mm[hg] cm[h2o] m[h2o] psi ppm ppb ppth log count counts number score scores points point ratio index bpm beats beat breaths breath steps step drops drop gtt tablet tablets tab tabs tbl capsule capsules cap caps dose doses puff puffs spray sprays patch patches vial vials ampule ampoule ampoules pill pills lozenge sachet sachets scoop scoops bottle box each ea application applications tbsp tsp cup cups pack packs packyears packs/day cell cells copies rbc wbc hpf lpf field fields titer ph sd t-score z-score mpm met mets sqm m2 m3 dl cl ml ul µl nl pl fl kl kg mg ug mcg µg ng pg fg mm cm dm km um µm nm mmol umol µmol nmol pmol fmol mosmol ms us ns mu miu kiu ku uiu µu µiu pt bsa times time total per second seconds minute minutes hour hours liter liters litre litres meter meters metre metres gram grams kilogram kilograms milligram milligrams microgram micrograms pound pounds ounce ounces percent percentile kilometers kilometer millimeter centimeters centimeter milliliter milliliters usd eur gbp nmol/l g% mg% vol% ratio yrs episode episodes visit visits event events serving servings level scale hemoglobin saturation hemoglobinsaturation o t'
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

// Letters of the atoms of UCUM (2.1), as they stand in its codes; metric ones have a prefix besides.
const atoms = new Set(
  'a acr amb ar arb atm att au b bar bau bbl bd bdsk beth bf bi bit bq br btu bu by c cal car ccid cd cel cft cfu cg ch ci cicero circ cml cp cr crd creat cst cup d dalton day deg degf degr degre den dg didot diop dl dm dpt dr drp dye dyn e eia eid elu eps eq erg eu ev f fdr feu ffu fg foz ft fth fu fur g gal gb gf gil gon gpl gr gy h hd hnsf hp hpf hz in index ir iu j k ka kat katal kct kn kni knk kp ks ku ky l lb lbf lcwt lf ligne lk lm lmb lne lpf lton lx ly m mclg mercury meq mesh met mg mho mi mil min mo mol mon month mosm mpl ms mx n nep neutrophils ng nmi np o oe ohm osm oz p pa pc pca pfu pg ph pied pk pnt pnu pouce ppb ppm ppth pptr pr prot pru psi pt pwt q qt r rad rch rd rem rlk s sb sc sct scwt sft sin slope smgy smi smoot spermatozoa sph spl sr srd st ston stone sv syd t tb tbs tcid tex th todd torr tr tsp twp tz u ueq um us usp v w wb wbcs wk wood x xa yd'.split(
    ' ',
  ),
)
const prefix = /^(?:da|[yzafpnumcdhkgt])/

/** Is this written as UCUM is, with nothing in its braces but what counts or measures? */
export const isUcumCode = boundedCache(2000, readsAsUcum)

const ucumDigitsMax = 5
const plainNumber = /^\d{3,}$/

function readsAsUcum(code: string): boolean {
  if (isUnit(code)) return true
  if (code.length > 40 || !/^[!-~]+$/.test(code) || plainNumber.test(code)) return false
  if ((code.match(digit)?.length ?? 0) > ucumDigitsMax) return false
  for (const [, note = ''] of code.matchAll(braces)) if (!isNote(note)) return false
  const bare = code.replaceAll(braces, '')
  return !/[{}]/.test(bare) && wordsIn(bare).every(isAtom)
}

const wordsIn = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? []
const noteLettersMax = 3
// What is counted, in one short word beside words of measure: two could be a name.
function isNote(note: string): boolean {
  const others = wordsIn(note).filter((word) => !known.has(word))
  return others.length < 2 && others.every((word) => word.length <= noteLettersMax)
}
const isAtom = (word: string): boolean => known.has(word) || atoms.has(word) || atoms.has(word.replace(prefix, ''))
