import { duckdb, formatDialect } from 'sql-formatter'

/** Clauses on lines of their own; words, names and texts stay as they were written. */
export const laidOut = (sql: string): string =>
  formatDialect(sql, {
    dialect: duckdb,
    tabWidth: 2,
    keywordCase: 'preserve',
    // Parameters of a notebook have names, which the dialect as it comes cannot read.
    paramTypes: { positional: true, numbered: ['$'], named: ['$'] },
  })
