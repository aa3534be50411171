// Flat tables from resources: SQL on FHIR v2 ViewDefinitions, checked, run by a FHIRPath reference runner, or compiled to DuckDB SQL.
// Never reads a file and never runs SQL: it turns views into rows or into text.
export { checkView, columnsOf } from './check.js'
export type { CheckedView, ViewProblem } from './check.js'
export { compileView } from './compile.js'
export type { Compilation, CompiledView, CompileOptions } from './compile.js'
export { tagOf, viewTags } from './definition.js'
export type { ViewColumn, ViewConstant, ViewDefinition, ViewSelect } from './definition.js'
export { withEngineDecimals } from './fhirpath-dstu2.js'
export { lineageOf } from './lineage.js'
export { plainTableName, plainView } from './plain-view.js'
export { NoCondition, prepareView, runView, SeveralValues } from './run.js'
export type { RunOptions, ViewRow } from './run.js'
