// The pipeline as a whole: status of its stages, waiting until what was written can be queried, comparing the stores and rebuilding them
// from each other. It moves watermarks only; rows are moved by the stages, between which it stands.
export { Pipeline } from './pipeline.js'
export { replay, type ReplayParts } from './replay.js'
export { verifyStores, type StoresParts, type TruthSource } from './verify-stores.js'
export { openCutDesk, type CutDesk } from './cuts.js'
