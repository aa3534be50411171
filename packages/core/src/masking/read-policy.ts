import { z } from 'zod'
import { builtInPolicies } from './built-in-policies.js'
import { checkPolicy } from './check-policy.js'
import type { PolicyProblem } from './check-policy.js'
import { jsonLines } from './json-lines.js'
import { extensionValueTypes } from './policy.js'
import type { ExtensionRule, Policy } from './policy.js'

const text = z.string().min(1).max(500)
const texts = z.array(text)
const extensionRule: z.ZodType<ExtensionRule> = z.lazy(() =>
  z.strictObject({
    url: text,
    values: z.array(z.enum(extensionValueTypes)).optional(),
    oneOf: texts.optional(),
    parts: z.array(extensionRule).optional(),
  }),
)

const policyFile = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name has lower-case letters, digits and dashes'),
  version: z.int().min(1),
  /** A built-in policy whose every rule stands unless this file has its own. */
  extends: z.enum(Object.keys(builtInPolicies) as [string, ...string[]]).optional(),
  classes: z.record(z.string(), z.string()).optional(),
  paths: z.record(z.string(), z.string()).optional(),
  withheld: texts.optional(),
  definitional: texts.optional(),
  extensions: z.array(extensionRule).optional(),
  modifierExtensions: z.array(extensionRule).optional(),
  codeSystems: texts.optional(),
  unlistedCodes: z.enum(['keep', 'pseudonym', 'remove']).optional(),
  identifierSystems: texts.optional(),
  profiles: texts.optional(),
  labels: z.array(z.strictObject({ system: text, code: text.optional() })).optional(),
  ageCodes: z.array(z.strictObject({ system: text, code: text })).optional(),
  ageCap: z.int().min(1).max(90).optional(),
  zip3: z.strictObject({ census: text, lowPopulation: z.array(z.string().regex(/^\d{3}$/)) }).optional(),
  answers: z.strictObject({ texts, numberMax: z.number().min(0).max(9999), decimalsMax: z.int().min(0).max(3) }).optional(),
  sharedTexts: texts.optional(),
})

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
  const problem = (path: string, message: string): PolicyProblem => ({ path, line: lineOf(lines, path), message })
  let json: unknown
  try {
    json = JSON.parse(source)
  } catch {
    return { problems: [problem('', 'this is not JSON')] }
  }
  const file = policyFile.safeParse(json)
  if (!file.success) {
    return { problems: file.error.issues.map((issue) => problem([...issue.path, ...unknownKey(issue)].join('.'), issue.message)) }
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
