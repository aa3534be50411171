// Ways of writing a unit without its spaces, and UCUM's own.
const words: Readonly<Record<string, string>> = {
  mmHg: 'mm[Hg]',
  mmhg: 'mm[Hg]',
  'mm[hg]': 'mm[Hg]',
  lb: '[lb_av]',
  lbs: '[lb_av]',
  LBS: '[lb_av]',
  pounds: '[lb_av]',
  oz: '[oz_av]',
  in: '[in_i]',
  inches: '[in_i]',
  ft: '[ft_i]',
  kgs: 'kg',
  Kg: 'kg',
  KG: 'kg',
  CM: 'cm',
  C: 'Cel',
  '°C': 'Cel',
  degC: 'Cel',
  F: '[degF]',
  '°F': '[degF]',
  degF: '[degF]',
  bpm: '/min',
  '{beats}/min': '/min',
  'beats/min': '/min',
  '{breaths}/min': '/min',
  'breaths/min': '/min',
  '/minute': '/min',
  percent: '%',
  '(score)': '{score}',
  'MG/DL': 'mg/dL',
  'G/DL': 'g/dL',
  'mEq/L': 'meq/L',
  'mEq/l': 'meq/L',
  'IU/L': '[iU]/L',
  'IU/l': '[iU]/L',
  'K/uL': '10*3/uL',
  'M/uL': '10*6/uL',
}

// UCUM takes l and L for the litre (table 5), micro is u, and powers of ten are 10*.
const litre = String.raw`(^|[./])([munpdcf]?)l($|[./])`
const replaced: readonly (readonly [pattern: string, by: string])[] = [
  [String.raw`\s*/\s*`, '/'],
  ['[µμ]', 'u'],
  ['²', '2'],
  ['³', '3'],
  [String.raw`\^`, '*'],
]

/** A unit as UCUM writes it, where the spelling is known; any other as it was sent. */
export function ucumOf(unit: string): string {
  const plain = replaced.reduce((text, [pattern, by]) => text.replaceAll(new RegExp(pattern, 'g'), by), unit)
  return words[plain.replaceAll(/\s/g, '')] ?? plain.replaceAll(new RegExp(litre, 'g'), '$1$2L$3')
}

/** `ucumOf` as DuckDB computes it of a column. */
export function spellingSql(column: string): string {
  const text = (each: string): string => `'${each.replaceAll("'", "''")}'`
  const all = (sql: string, pattern: string, by: string): string => `regexp_replace(${sql}, ${text(pattern)}, ${text(by)}, 'g')`
  const plain = replaced.reduce((sql, [pattern, by]) => all(sql, pattern, by), column)
  const known = Object.entries(words).map(([from, to]) => `WHEN ${text(from)} THEN ${text(to)}`)
  return `(CASE ${all(plain, String.raw`\s`, '')} ${known.join(' ')} ELSE ${all(plain, litre, String.raw`\1\2L\3`)} END)`
}
