import type { Issue } from './issue.js'
import type { Resource } from './resource.js'

export interface OutcomeIssue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  /** A code of http://hl7.org/fhir/issue-type. */
  code: string
  message: string
  /** 'Observation.component[2].value', or what else names the place */
  path?: string
}

/** An OperationOutcome of these issues; with none, one that says all is well. `title` says what they have in common. */
export function operationOutcome(issues: readonly (OutcomeIssue | Issue)[], title?: string): Resource {
  const list = issues.length > 0 ? issues : [{ severity: 'information', code: 'informational', message: 'All OK' } satisfies OutcomeIssue]
  return {
    resourceType: 'OperationOutcome',
    issue: list.map(({ severity, code, message, path }) => ({
      severity,
      code,
      ...(title === undefined ? {} : { details: { text: title } }),
      diagnostics: path ? `${path}: ${message}` : message,
      ...(path ? { location: [locationOf(path)] } : {}),
    })),
  }
}

// DSTU2 wants an XPath: Observation.component[2].value → /f:Observation/f:component[3]/f:value, which counts from one.
function locationOf(path: string): string {
  if (!/^[A-Z]/.test(path)) return path
  return path
    .split('.')
    .map((part) => `/f:${part.replace(/\[(\d+)\]/, (_all, index: string) => `[${Number(index) + 1}]`)}`)
    .join('')
}
