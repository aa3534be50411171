import type { Resource } from '../index.js'
import { bundleCases } from './invariant-cases-bundles.js'
import { clinicalCases } from './invariant-cases-clinical.js'
import { conformanceCases } from './invariant-cases-conformance.js'
import { dataTypeCases } from './invariant-cases-data-types.js'

/** A valid resource, and one that breaks the invariant. */
export type InvariantCases = Readonly<Record<string, [holds: Resource, breaks: Resource]>>

/** By path and key. */
export const invariantCases: InvariantCases = { ...dataTypeCases, ...clinicalCases, ...conformanceCases, ...bundleCases }
