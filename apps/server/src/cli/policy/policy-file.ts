import { readFileSync } from 'node:fs'
import { builtInPolicies, readPolicy, type Policy, type PolicyProblem } from '@aquifer/core/masking'
import { WrongUsage } from '../failure.js'

export function textOf(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new WrongUsage(`There is no ${what} ${file}.`)
  }
}

/** A built-in policy by name, else the policy in the file. */
export function policyNamed(name: string): Policy {
  const builtIn = Object.hasOwn(builtInPolicies, name) ? builtInPolicies[name] : undefined
  if (builtIn) return builtIn
  const { policy, problems } = readPolicy(textOf(name, 'policy'))
  if (policy) return policy
  throw new WrongUsage(problems.map((problem) => problemLine(name, problem)).join('\n'))
}

export const problemLine = (file: string, { line, path, message, remedy }: PolicyProblem): string =>
  `${file}:${line ?? 1} ${path === '' ? '' : `${path}: `}${message} ${remedy}`

/** Resources of a file, one a line; an array or one resource alone, too. */
export function resourcesIn(file: string): unknown[] {
  const text = textOf(file, 'file of resources').trim()
  try {
    const whole = JSON.parse(text) as unknown
    return Array.isArray(whole) ? whole : [whole]
  } catch {
    return text.split('\n').map((line, at) => {
      try {
        return JSON.parse(line) as unknown
      } catch {
        throw new WrongUsage(`${file}: line ${at + 1} is no JSON.`)
      }
    })
  }
}
