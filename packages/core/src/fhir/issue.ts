/** One thing wrong with a resource. Path and message name elements of the model, never a value. */
export interface Issue {
  severity: 'error' | 'warning'
  /** A code of http://hl7.org/fhir/issue-type. */
  code: 'structure' | 'required' | 'value' | 'code-invalid' | 'not-found' | 'too-long'
  /** 'Observation.component[2].valueQuantity.value' */
  path: string
  message: string
}

/** Enough to mend a feed by; a file of rubbish must not become a report as large. */
export const issuesMax = 50

export function addIssue(issues: Issue[], code: Issue['code'], message: string): void {
  if (issues.length < issuesMax) issues.push({ severity: 'error', code, path: '', message })
}

// Paths are written while the walk unwinds from an issue, so a valid resource never pays for one.
export function prefixIssues(issues: Issue[], from: number, part: string): void {
  for (let at = from; at < issues.length; at++) {
    const issue = issues[at]!
    if (issue.path === '') issue.path = part
    else issue.path = issue.path.startsWith('[') ? part + issue.path : `${part}.${issue.path}`
  }
}
