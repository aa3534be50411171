// Small cells: which counts of people may be told, in a figure, chart, table or export, and what has to be hidden beside them.
// Never looks at a person; whoever has counts asks here before they leave.
export { cmsCells, isSmall, ohdsiCells } from './policy.js'
export type { Shown, SmallCellPolicy } from './policy.js'
export { roundStably } from './rounding.js'
export type { CellKey, KeyedHash, Rounding } from './rounding.js'
export { showCount, showFigure, showRows, showShare } from './show.js'
export { suppressList, suppressTable } from './table.js'
export type { SuppressedTable, TableOptions, Totals } from './table.js'
export { roundedFollowUp, showRounded, survivalShiftMax } from './survival.js'
export type { RoundedEvents, RoundedFollowUp } from './survival.js'
export { bandOf } from './band.js'
export { differenceOf, tellsBySubtraction } from './differencing.js'
export type { Difference } from './differencing.js'
