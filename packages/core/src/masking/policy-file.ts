import { z } from 'zod'
import { builtInPolicies } from './built-in-policies.js'
import { extensionValueTypes } from './policy.js'
import type { ExtensionRule } from './policy.js'
import { ruleForm } from './rule-form.js'

const text = () => z.string().min(1).max(500)
const texts = () => z.array(text())
const extensionRule: z.ZodType<ExtensionRule> = z.lazy(() =>
  z.strictObject({
    url: text(),
    values: z.array(z.enum(extensionValueTypes)).optional(),
    oneOf: texts().optional(),
    parts: z.array(extensionRule).optional(),
  }),
)

/** The form of a policy file. */
export const policyFile = () =>
  z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name has lower-case letters, digits and dashes'),
    version: z.int().min(1),
    /** A built-in policy whose every rule stands unless this file has its own. */
    extends: z.enum(Object.keys(builtInPolicies) as [string, ...string[]]).optional(),
    classes: z.record(z.string(), z.string()).optional(),
    paths: z.record(z.string(), z.string()).optional(),
    withheld: texts().optional(),
    definitional: texts().optional(),
    extensions: z.array(extensionRule).optional(),
    modifierExtensions: z.array(extensionRule).optional(),
    codeSystems: texts().optional(),
    unlistedCodes: z.enum(['keep', 'pseudonym', 'remove']).optional(),
    identifierSystems: texts().optional(),
    profiles: texts().optional(),
    labels: z.array(z.strictObject({ system: text(), code: text().optional() })).optional(),
    ageCodes: z.array(z.strictObject({ system: text(), code: text() })).optional(),
    ageCap: z.int().min(1).max(90).optional(),
    zip3: z.strictObject({ census: text(), lowPopulation: z.array(z.string().regex(/^\d{3}$/)) }).optional(),
    answers: z.strictObject({ texts: texts(), numberMax: z.number().min(0).max(9999), decimalsMax: z.int().min(0).max(3) }).optional(),
    sharedTexts: texts().optional(),
    rules: z.array(ruleForm()).max(500).optional().describe('In order: the first that meets an element and whose conditions hold decides'),
    securityLabels: z.enum(['fhir', 'always', 'never']).optional().describe('Are applied methods told in meta.security? Never unless said'),
    provenance: z.enum(['none', 'elements']).optional().describe('Is told element by element what was done?'),
  })

/** The published JSON Schema of policy files. */
export function policyFileSchema(): Record<string, unknown> {
  return {
    $id: 'urn:aquifer:schema:masking-policy',
    title: 'Aquifer masking policy',
    ...z.toJSONSchema(policyFile(), { io: 'input', target: 'draft-2020-12', reused: 'ref' }),
  }
}
