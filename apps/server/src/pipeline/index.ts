// The pipeline as a whole: status of its stages and waiting until what was written can be queried.
// It moves watermarks only, never a row.
export { Pipeline } from './pipeline.js'
export { openCutDesk, type CutDesk } from './cuts.js'
