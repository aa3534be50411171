import type { Issue } from './issue.js'
import type { Resource } from './resource.js'

export interface OutcomeIssue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  /** A code of http://hl7.org/fhir/issue-type. */
  code: string
  message: string
  path?: string
}

/** An OperationOutcome of these issues; with none, one that says all is well. */
export function operationOutcome(issues: readonly (OutcomeIssue | Issue)[]): Resource {
  const list = issues.length > 0 ? issues : [{ severity: 'information', code: 'informational', message: 'All OK' } satisfies OutcomeIssue]
  return {
    resourceType: 'OperationOutcome',
    issue: list.map(({ severity, code, message, path }) => ({
      severity,
      code,
      diagnostics: message,
      // DSTU2 wants an XPath here; the path of the element without indexes is one in the FHIR namespace's short form.
      ...(path ? { location: [xpathOf(path)] } : {}),
    })),
  }
}

// Observation.component[2].value → /f:Observation/f:component[3]/f:value: XPath counts from one.
function xpathOf(path: string): string {
  return path
    .split('.')
    .map((part) => `/f:${part.replace(/\[(\d+)\]/, (_all, index: string) => `[${Number(index) + 1}]`)}`)
    .join('')
}
