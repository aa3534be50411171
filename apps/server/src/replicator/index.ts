// The replicator: follows the repository's feed and puts every version, once and in order, into its study's lake.
// It never parses a row, never skips one, and never goes on with a feed of another cluster.
export { Replicator } from './follow.js'
export { rebuildLake } from './rebuild.js'
