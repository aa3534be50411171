import { countOf, issuesMax, type Issue } from './issue.js'
import { placeOf } from './place.js'
import { repairRules } from './repair-rules.js'
import type { Resource } from './resource.js'
import { validate } from './validate.js'

export interface Repair {
  rule: string
  path: string
}

export interface Checked {
  /** What is still wrong; none: valid. */
  issues: Issue[]
  repairs: Repair[]
}

// Mending can uncover the next defect, so it goes round; each round ends or mends something.
const roundsMax = 25

/** Validates and, only where that refuses, applies the named rules in place and validates again. Valid content is never touched. */
export function validateAndRepair(resource: unknown, options?: { entries: 'check' | 'skip' }): Checked {
  const repairs: Repair[] = []
  let issues = validate(resource, options)
  // Each round mends what it is told of: of more than all rounds can, none needs to be tried.
  if (countOf(issues) > roundsMax * issuesMax) return { issues, repairs }
  for (let round = 0; issues.length > 0 && round < roundsMax; round++) {
    const done = mend(resource as Resource, issues)
    if (done.length === 0) break
    repairs.push(...done)
    issues = validate(resource, options)
  }
  return { issues, repairs }
}

/** Applies the rules to a resource that validation refused; validate again afterwards. */
export function repair(resource: Resource): Repair[] {
  return validateAndRepair(resource).repairs
}

// Last issue first: dropping an item from a list must not move the places of the issues before it.
function mend(resource: Resource, issues: Issue[]): Repair[] {
  const done: Repair[] = []
  for (const issue of issues.toReversed()) {
    const place = placeOf(resource, issue.path)
    const rule = place && repairRules.find((rule) => rule.mend(place, issue))
    if (rule) done.push({ rule: rule.name, path: issue.path })
  }
  return done.reverse()
}
