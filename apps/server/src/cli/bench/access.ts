import {
  builtInRolePolicy,
  compileRolePolicy,
  narrowGrant,
  reachOf,
  reachesStudy,
  type Grant,
  type Relationship,
  type Standing,
} from '@aquifer/core/access'
import { mayTouchType, withinLimits } from '../../access/index.js'

const relationships = 5_000
const decisionsPerRun = 100_000
const rounds = 5
const now = Date.UTC(2026, 0, 1)
const study = { id: 'BENCH', zone: 'Europe/Berlin', jurisdiction: 'DE', sites: ['A', 'B'] }

/** One decision of a request: the token's claims, the role's right to the type, the study, and the place of one resource. */
export async function accessBench(): Promise<Record<string, unknown>> {
  const standings = Array.from({ length: relationships }, (_, n) => standing(n))
  const resolving = timed(() => void reachOf('practitioner', standings, [], now))
  const reach = { ...reachOf('practitioner', standings, [], now), stamp: '', holders: [] }
  const policy = compileRolePolicy(builtInRolePolicy, 0)
  const grant: Grant = { user: 'bench', role: 'practitioner', studies: [study.id], sites: [], people: null, reach, policy }
  const runs: number[] = []
  let allowed = 0
  for (let round = 0; round < rounds; round += 1) {
    const took = timed(() => {
      for (let n = 0; n < decisionsPerRun; n += 1) allowed += decide(grant, n) ? 1 : 0
    })
    runs.push(Math.round(((took * 1000) / decisionsPerRun) * 1000) / 1000)
  }
  return Promise.resolve({
    data: { relationships, decisions: decisionsPerRun * rounds, allowed },
    microsecondsPerDecision: runs,
    resolvingAllRelationshipsMs: Math.round(resolving * 10) / 10,
  })
}

function decide(granted: Grant, n: number): boolean {
  const grant = narrowGrant(granted, { role: 'practitioner', studies: [study.id], sites: null, patient: null })
  if (grant === null || mayTouchType(grant, n % 2 === 0 ? 'read' : 'write', 'Observation') !== null) return false
  return reachesStudy(grant, study.id) && withinLimits(grant, 'Observation', { study: study.id, site: 'B', patients: [`p${n % 10_000}`] })
}

function standing(n: number): Standing {
  const relationship: Relationship = {
    id: String(n),
    kind: n === 0 ? 'practitioner-site' : 'patient-practitioner',
    holder: 'Practitioner/bench',
    target: n === 0 ? 'Organization/A' : `Patient/p${n}`,
    study: study.id,
    site: n === 0 ? 'A' : null,
    from: 0,
    to: null,
    ended: null,
    grantedBy: 'bench',
    detail: {},
  }
  return { relationship, facts: { study, birthDate: null } }
}

function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}
