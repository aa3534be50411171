import { duckdb, formatDialect } from 'sql-formatter'

/** Clauses on lines of their own; words, names and texts stay as they were written. */
export const laidOut = (sql: string): string => formatDialect(sql, { dialect: duckdb, tabWidth: 2, keywordCase: 'preserve' })
