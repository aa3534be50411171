// Synthetic DSTU2 people from a seed: bundles, single resources, the identifiers planted in them, and the studies of the demonstration.
// It never reads a clock or chance of its own, never touches a file, and no name or number in it belongs to a real person.
export { defaultAsOf, generateBundles, generateResources } from './stream.js'
export type { GenerateOptions } from './stream.js'
export { parseDay } from './calendar.js'
export type { StudySetting } from './consents.js'
export type { ReferenceForm } from './chart.js'
export type { Bundle, BundleEntry, Resource } from './shape.js'
export { identifierClasses, plantedIdentifiers } from './planted.js'
export type { IdentifierClass, PlantedIdentifier } from './planted.js'
export { demoLoads, demoPeople, demoPersonalUsers } from './demo.js'
export type { DemoLoad, DemoOptions, DemoPerson, DemoPersonalUser, DemoStage } from './demo.js'
export { demoClients, demoStudies, demoUsers } from './demo-studies.js'
export type { DemoClient, DemoSite, DemoStudy, DemoUser } from './demo-studies.js'
