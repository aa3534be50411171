/** One thing wrong with a resource. Path and message name elements of the model, never a value. */
export interface Issue {
  severity: 'error' | 'warning' | 'information'
  /** A code of http://hl7.org/fhir/issue-type. */
  code: 'structure' | 'required' | 'value' | 'code-invalid' | 'not-found' | 'too-long' | 'invariant' | 'informational'
  /** 'Observation.component[2].valueQuantity.value' */
  path: string
  message: string
}

/** Enough to mend a feed by; a file of rubbish must not become a report as large. */
export const issuesMax = 100

export function addIssue(issues: Issue[], code: Issue['code'], message: string, severity: Issue['severity'] = 'error'): void {
  if (issues.length < issuesMax) issues.push({ severity, code, path: '', message })
  else countUnlisted(issues)
}

export const countOf = (issues: readonly Issue[]): number =>
  Math.min(issues.length, issuesMax) + Number.parseInt(issues[issuesMax]?.message ?? '0', 10)

function countUnlisted(issues: Issue[]): void {
  const last = issues[issuesMax]
  const count = last ? Number.parseInt(last.message, 10) + 1 : 1
  const message = `${count} more problem${count === 1 ? '' : 's'} found.`
  if (last) last.message = message
  else issues.push({ severity: 'information', code: 'informational', path: '', message })
}

// Paths are written while the walk unwinds from an issue, so a valid resource never pays for one.
export function prefixIssues(issues: Issue[], from: number, part: string): void {
  const end = Math.min(issues.length, issuesMax)
  for (let at = from; at < end; at++) {
    const issue = issues[at]!
    if (issue.path === '') issue.path = part
    else issue.path = issue.path.startsWith('[') ? part + issue.path : `${part}.${issue.path}`
  }
}
