// The code systems and value sets that DSTU2 itself defines: what is below and above a code, what a value set holds.
// It never guesses: of a system or a set that is not carried the answer is null.
export { codesAbove, codesBelow, codesOf } from './code-hierarchy.js'
export type { SystemCode } from './code-hierarchy.js'
