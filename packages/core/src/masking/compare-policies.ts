import { canonicalJson } from '../fhir/index.js'
import type { Policy } from './policy.js'

/** One rule that two policies have differently; null where a policy has no such rule. */
export interface PolicyChange {
  path: string
  from: string | null
  to: string | null
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value))

/** Rule by rule: what stands under one name is compared, and of lists what came and what went. Name and version are no rules. */
export function comparePolicies(before: Policy, after: Policy): PolicyChange[] {
  const { name: _a, version: _b, ...from } = before
  const { name: _c, version: _d, ...to } = after
  return changesIn('', from, to)
}

function changesIn(path: string, from: unknown, to: unknown): PolicyChange[] {
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  if (isPlain(from) && isPlain(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
    return names.flatMap((name) => changesIn(below(name), from[name], to[name]))
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    const [old, now] = [from.map(textOf), to.map(textOf)]
    return [
      ...old.filter((each) => !now.includes(each)).map((each) => ({ path, from: each, to: null })),
      ...now.filter((each) => !old.includes(each)).map((each) => ({ path, from: null, to: each })),
    ]
  }
  const [old, now] = [from === undefined ? null : textOf(from), to === undefined ? null : textOf(to)]
  return old === now ? [] : [{ path, from: old, to: now }]
}
