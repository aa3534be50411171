// Quality of the data that sites send, by site and feed: looked through by a job over the identified record, kept as counts.
// Never keeps or tells a value, an id or a text of a resource, and never changes one.
export { openQuality } from './desk.js'
export type { QualityDesk } from './desk.js'
