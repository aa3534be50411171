// What may be called at the level of counts: figures of groups, and functions of one row that no value can make fail.

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

export const aggregates = words('count_star count sum avg mean median quantile quantile_cont quantile_disc')
export const ofText = words('lower upper lcase ucase trim ltrim rtrim reverse strip_accents')
export const ofTimeAsNumber = words('year month day quarter week hour minute second decade century dayofweek isodow dayofyear yearweek')
export const textTests = words('~~ !~~ ~~* !~~* contains starts_with ends_with prefix suffix ^@')
export const joinings = words('|| concat')
export const lengths = words('length len')
export const cuttings = words('left right substr substring')
export const ofDateParts = words('date_part datepart date_trunc datetrunc date_diff datediff')
export const roundings = words('floor ceil ceiling round abs trunc sign')
export const choices = words('greatest least')

/** Names that are called, to be offered; coalesce and nullif are operators of the language. */
export const countFunctions: ReadonlySet<string> = new Set(
  [aggregates, ofText, ofTimeAsNumber, textTests, joinings, lengths, cuttings, ofDateParts, roundings, choices, ['coalesce', 'nullif']]
    .flatMap((names) => [...names])
    .filter((name) => /^[a-z_]+$/.test(name) && name !== 'count_star'),
)

/** Words of clauses and statements that are refused at this level. */
export const wordsNotCounted = words(
  'having qualify over window partition filter union except intersect values exists interval full cross natural asof lateral recursive pivot unpivot summarize describe explain show sample tablesample rollup cube grouping',
)
