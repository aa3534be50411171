import { choiceName, isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import type { Plan } from './plan.js'
import type { ExtensionRule } from './policy.js'
import type { Handler, Run } from './run.js'

interface Allowed {
  values: ReadonlyMap<string, Handler>
  parts: Handler | null
}

function drop(run: Run): undefined {
  run.counts.unlistedExtensions++
  return undefined
}

/** Text-like values stay only where the rule lists them; all others as their type is masked. */
function valueHandler(plan: Plan, rule: ExtensionRule, type: string): Handler {
  const masked = plan.complex(type, `Extension.${choiceName('value', type)}`, 'Extension')
  const listed = rule.oneOf ? new Set(rule.oneOf) : null
  const isText = type === 'string' || type === 'uri' || (type === 'code' && listed !== null)
  if (isText) return (value, run) => (listed !== null && typeof value === 'string' && listed.has(value) ? value : drop(run))
  if (listed === null) return masked
  return (value, run) => (codesOf(value).every((code) => listed.has(code)) ? masked(value, run) : drop(run))
}

function codesOf(value: unknown): string[] {
  if (!isObject(value)) return []
  const codings = Array.isArray(value['coding']) ? (value['coding'] as unknown[]) : [value]
  return codings.map((coding) => (isObject(coding) && typeof coding['code'] === 'string' ? coding['code'] : ''))
}

function allowedOf(plan: Plan, rules: readonly ExtensionRule[]): ReadonlyMap<string, Allowed> {
  return new Map(
    rules.map((rule) => {
      const values = new Map((rule.values ?? []).map((type) => [choiceName('value', type), valueHandler(plan, rule, type)] as const))
      const parts = rule.parts ? extensionsHandler(plan, rule.parts, 'drop unknown') : null
      return [rule.url, { values, parts }] as const
    }),
  )
}

/** Rules for extensions come before the list: each takes the values that its method fits. */
function ruledExtensions(
  plan: Plan,
  listed: readonly ExtensionRule[],
  allowed: ReadonlyMap<string, Allowed>,
): ReadonlyMap<string, Allowed> {
  if (!plan.rules || listed !== plan.policy.extensions) return allowed
  const all = new Map(allowed)
  for (const url of plan.rules.extensionUrls()) all.set(url, { values: plan.rules.extensionValues(plan, url), parts: null })
  return all
}

function maskExtension(value: JsonObject, rule: Allowed, run: Run): JsonObject | undefined {
  const out: JsonObject = { url: value['url'] }
  let kept = false
  for (const name in value) {
    if (name === 'url') continue
    const handler = name === 'extension' ? rule.parts : rule.values.get(name)
    const masked = handler ? handler(value[name], run) : drop(run)
    if (masked === undefined) continue
    out[name] = masked
    kept = true
  }
  return kept ? out : undefined
}

/**
 * A list of extensions, of which only listed urls stay. Where one unknown extension turns the meaning of its element
 * (modifierExtension), the whole list is given up, and the element with it.
 */
export function extensionsHandler(plan: Plan, rules: readonly ExtensionRule[], unknown: 'drop unknown' | 'give up'): Handler {
  let allowed: ReadonlyMap<string, Allowed> | null = null
  return (value, run) => {
    if (!Array.isArray(value)) {
      run.counts.wrongShapes++
      return undefined
    }
    allowed ??= ruledExtensions(plan, rules, allowedOf(plan, rules))
    const out: JsonObject[] = []
    for (const item of value as unknown[]) {
      const url = isObject(item) ? item['url'] : undefined
      const rule = typeof url === 'string' ? allowed.get(url) : undefined
      const masked = rule ? maskExtension(item as JsonObject, rule, run) : drop(run)
      if (masked !== undefined) out.push(masked)
      else if (unknown === 'give up') return undefined
    }
    return out.length === 0 ? undefined : out
  }
}

/** `_name` beside a primitive: only listed extensions of it stay, never its id; of a list nothing, since its gaps would have to be kept. */
export function companionHandler(extensions: Handler, list: boolean): Handler {
  return (value, run) => {
    if (list || !isObject(value)) return drop(run)
    const kept = value['extension'] === undefined ? undefined : extensions(value['extension'], run)
    return kept === undefined ? drop(run) : { extension: kept }
  }
}
