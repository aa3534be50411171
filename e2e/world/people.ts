// Who is in the platform that the journeys meet, said once: the setup loads them, the tests count them.

/** People of the demonstration, over its two studies. */
export const demoSize = 60
export const demoSeed = 'demo'

/** Loaded afterwards with consent on paper; their identifiers are known, so that none can hide. */
export const fromPaper = { patients: 12, seed: 'journey', study: 'HARBOR', site: 'NORTHPIER' } as const
