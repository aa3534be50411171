// A study's id is the name of its schema in SQL, where these words mean something else.
const words = new Set(
  `all analyse analyze and any array as asc asof asymmetric authorization binary both case cast check collate collation column columns
  concurrently constraint create cross database default deferrable delete desc describe distinct do drop else end except exists false
  fetch for foreign freeze from full generated glob grant group having ilike in initially inner insert intersect into is isnull join
  lambda lateral leading left like limit localtime localtimestamp main map merge natural not notnull null offset on only or order outer
  overlaps pivot placing positional primary public qualify references returning right row schema select semi set show similar some struct
  summarize symmetric system table tablesample temp then to trailing true truncate union unique unpivot update user using values variadic
  verbose when where window with`.split(/\s+/),
)
export const isReservedWord = (id: string): boolean => words.has(id.toLowerCase())
