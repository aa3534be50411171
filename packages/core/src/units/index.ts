// How senders write units, and which unit a measurement is usually given in: one table for what is judged and what is analysed.
// Never converts what nobody asked for: a unit that is not known stays as it was sent.
export { spellingSql, ucumOf } from './spelling.js'
export { usualOf, usualUnits, type UsualUnit } from './usual-units.js'
