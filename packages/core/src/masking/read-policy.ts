import type { z } from 'zod'
import { builtInPolicies } from './built-in-policies.js'
import { checkPolicy } from './check-policy.js'
import type { PolicyProblem } from './check-policy.js'
import { jsonLines } from './json-lines.js'
import type { Policy } from './policy.js'
import { policyFile } from './policy-file.js'

/** Without `extends` nothing is taken for granted: what the file does not allow is removed. */
const nothingAllowed: Omit<Policy, 'name' | 'version' | 'classes'> = {
  paths: {},
  withheld: ['AuditEvent'],
  definitional: [],
  extensions: [],
  modifierExtensions: [],
  codeSystems: [],
  unlistedCodes: 'keep',
  identifierSystems: [],
  profiles: [],
  labels: [],
  ageCodes: builtInPolicies['safe-harbor']!.ageCodes,
  ageCap: 90,
  zip3: builtInPolicies['safe-harbor']!.zip3,
  answers: { texts: [], numberMax: 0, decimalsMax: 0 },
  sharedTexts: [],
}

export type PolicyReading = { policy: Policy; problems?: undefined } | { policy?: undefined; problems: readonly PolicyProblem[] }

/** A policy file, checked against the model; each problem with its line. */
export function readPolicy(source: string): PolicyReading {
  const lines = jsonLines(source)
  const problem = (path: string, text: string): PolicyProblem => ({ path, line: lineOf(lines, path), ...toldApart(text) })
  let json: unknown
  try {
    json = JSON.parse(source)
  } catch {
    return { problems: [problem('', 'this is not JSON: mend its brackets, quotes and commas')] }
  }
  const file = policyFile().safeParse(json)
  if (!file.success) {
    return { problems: file.error.issues.map((issue) => problem([...issue.path, ...unknownKey(issue)].join('.'), formProblem(issue))) }
  }
  const { extends: baseName, ...own } = file.data
  const base = baseName === undefined ? null : builtInPolicies[baseName]!
  const policy = {
    ...(base ?? nothingAllowed),
    ...own,
    classes: { ...base?.classes, ...own.classes },
    paths: { ...base?.paths, ...own.paths },
  } as Policy
  const problems = checkPolicy(policy).map(({ path, message }) => problem(path, message))
  return problems.length > 0 ? { problems } : { policy }
}

/** 'What is wrong: what would do', or 'what is wrong: why; what would do'. */
function toldApart(text: string): { message: string; remedy: string } {
  const at = text.includes('; ') ? text.lastIndexOf('; ') : text.indexOf(': ')
  return { message: ended(text.slice(0, at)), remedy: ended(`${text.charAt(at + 2).toUpperCase()}${text.slice(at + 3)}`) }
}

const ended = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`)

function formProblem({ code, message }: z.core.$ZodIssue): string {
  const told = message.replaceAll(/[:;] /g, ', ')
  return code === 'unrecognized_keys' ? `${told}; take it out` : `${told}; write it as docs/masking-policy.schema.json has it`
}

function unknownKey(issue: z.core.$ZodIssue): string[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
}

// A rule that is missing has no line of its own: its parent's is the place to add it.
function lineOf(lines: ReadonlyMap<string, number>, path: string): number {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('.'))) {
    const line = lines.get(at)
    if (line !== undefined) return line
    if (!at.includes('.')) return 1
  }
}
