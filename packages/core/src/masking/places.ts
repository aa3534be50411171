import { isUnitedStates } from './zip.js'

// A state or country is kept only if it is one: a city written into `state` is not.
const stateNames =
  'Alabama AL,Alaska AK,Arizona AZ,Arkansas AR,California CA,Colorado CO,Connecticut CT,Delaware DE,District of Columbia DC,Florida FL,Georgia GA,Hawaii HI,Idaho ID,Illinois IL,Indiana IN,Iowa IA,Kansas KS,Kentucky KY,Louisiana LA,Maine ME,Maryland MD,Massachusetts MA,Michigan MI,Minnesota MN,Mississippi MS,Missouri MO,Montana MT,Nebraska NE,Nevada NV,New Hampshire NH,New Jersey NJ,New Mexico NM,New York NY,North Carolina NC,North Dakota ND,Ohio OH,Oklahoma OK,Oregon OR,Pennsylvania PA,Rhode Island RI,South Carolina SC,South Dakota SD,Tennessee TN,Texas TX,Utah UT,Vermont VT,Virginia VA,Washington WA,West Virginia WV,Wisconsin WI,Wyoming WY,American Samoa AS,Guam GU,Northern Mariana Islands MP,Puerto Rico PR,Virgin Islands VI'
const countryCodes =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
const countryWords =
  'USA GBR UK CAN MEX AUS NZL DEU FRA ESP PRT ITA NLD BEL CHE AUT POL CZE SWE NOR DNK FIN IRL JPN KOR CHN IND BRA ARG CHL COL ZAF,United States,United States of America,United Kingdom,Canada,Mexico,Australia,New Zealand,Germany,France,Spain,Portugal,Italy,Netherlands,Belgium,Switzerland,Austria,Poland,Czech Republic,Sweden,Norway,Denmark,Finland,Ireland,Japan,South Korea,China,India,Brazil,Argentina,Chile,Colombia,South Africa'

const states = new Set(
  stateNames.split(',').flatMap((entry) => {
    const at = entry.lastIndexOf(' ')
    return [entry.slice(0, at).toLowerCase(), entry.slice(at + 1).toLowerCase()]
  }),
)
const countries = new Set([
  ...countryCodes.toLowerCase().split(' '),
  ...countryWords
    .toLowerCase()
    .split(',')
    .flatMap((entry, index) => (index === 0 ? entry.split(' ') : [entry])),
])

export function isState(state: string, country: unknown): boolean {
  if (isUnitedStates(country)) return states.has(state.trim().toLowerCase())
  // Elsewhere only the subdivision codes of ISO 3166-2 are short enough to name nothing smaller.
  return /^([A-Z]{2}-)?[A-Z0-9]{1,3}$/.test(state)
}

export function isCountry(country: string): boolean {
  return countries.has(country.trim().toLowerCase())
}
