import { basisHeader, type QueryBasis } from '@aquifer/core/contract'

/** The basis of an answer as its header. Headers are ASCII (RFC 9110, 5.5), and names of files, cohorts and bands need not be. */
export const basisHeaderOf = (basis: QueryBasis): Record<string, string> => ({
  [basisHeader]: JSON.stringify(basis).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
})
