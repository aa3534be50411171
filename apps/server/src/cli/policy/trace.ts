import { Command } from 'commander'
import { isObject } from '@aquifer/core/fhir'
import { generateResources } from '@aquifer/core/generate'
import { policyLabel, traceResource, type TraceStep } from '@aquifer/core/masking'
import { hmacOf, randomMaskingKey } from '../../masking/index.js'
import { WrongUsage } from '../failure.js'
import { policyNamed, resourcesIn } from './policy-file.js'

interface Flags {
  resource?: string
  type: string
  values?: boolean
  json?: boolean
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('what a policy does to one resource, field by field; needs no server')
    .argument('<policy>', 'a built-in policy or a file')
    .option('--resource <file>', 'the resource, as JSON; without it a made one')
    .option('--type <type>', 'of the made one', 'Patient')
    .option('--values', 'with what stood in each field, and the masked resource')
    .option('--json', 'as JSON')
    .action((name: string, { resource: file, type, values, json }: Flags) => {
      const policy = policyNamed(name)
      const resource = file === undefined ? example(type) : resourcesIn(file)[0]
      if (!isObject(resource)) throw new WrongUsage(`${file ?? type} holds no resource.`)
      const { masked, steps } = traceResource(policy, { hmac: hmacOf(randomMaskingKey()), asOfYear: new Date().getUTCFullYear() }, resource)
      const shown = values === true ? steps.map((step) => ({ ...step, value: valueAt(resource, step.path) })) : steps
      const whole = values === true ? { masked: masked.resource } : {}
      if (json === true)
        process.stdout.write(`${JSON.stringify({ policy: policyLabel(policy), held: masked.held, steps: shown, ...whole })}\n`)
      else
        process.stdout.write(
          words(policyLabel(policy), masked.held, shown) + (values === true ? `${JSON.stringify(masked.resource)}\n` : ''),
        )
    })
}

function example(type: string): unknown {
  for (const resource of generateResources({ patients: 3, seed: 'example' })) if (resource.resourceType === type) return resource
  throw new WrongUsage(`No ${type} is made: give one by --resource.`)
}

type Shown = TraceStep & { value?: unknown }
function words(label: string, held: string | null, steps: readonly Shown[]): string {
  const width = Math.max(...steps.map(({ path }) => path.length))
  const lines = steps.map(({ path, phiClass, treatment, outcome, value }) => {
    const rule = phiClass === null ? '' : `${phiClass} → ${treatment ?? 'remove'}`
    return [outcome.padEnd(8), path.padEnd(width), rule, value === undefined ? '' : JSON.stringify(value)].join('  ').trimEnd()
  })
  return `${label}${held === null ? '' : `: held back, ${held}`}\n${lines.join('\n')}\n`
}

function valueAt(resource: unknown, path: string): unknown {
  let at: unknown = resource
  for (const name of path.split('.')) at = Array.isArray(at) ? at[Number(name)] : isObject(at) ? at[name] : undefined
  return at
}
