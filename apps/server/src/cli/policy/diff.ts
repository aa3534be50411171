import { Command } from 'commander'
import { comparePolicies, policyLabel, type Policy, type PolicyChange } from '@aquifer/core/masking'
import { countDifferences, type CountedDifference } from '../../masking/index.js'
import { policyNamed, resourcesIn } from './policy-file.js'

export function diffCommand(): Command {
  return new Command('diff')
    .description('what two policies treat differently; needs no server')
    .argument('<before>', 'a built-in policy or a file')
    .argument('<after>', 'a built-in policy or a file')
    .option('--data <file>', 'NDJSON of resources: how many of their elements come out differently')
    .option('--json', 'as JSON')
    .action((first: string, second: string, { data, json }: { data?: string; json?: boolean }) => {
      const [before, after] = [policyNamed(first), policyNamed(second)]
      const changes = comparePolicies(before, after)
      const counted = data === undefined ? null : countDifferences(before, after, resourcesIn(data), new Date().getUTCFullYear())
      if (json === true)
        process.stdout.write(`${JSON.stringify({ before: policyLabel(before), after: policyLabel(after), changes, counted })}\n`)
      else process.stdout.write(words(before, after, changes, counted))
    })
}

function words(before: Policy, after: Policy, changes: readonly PolicyChange[], counted: CountedDifference[] | null): string {
  const lines = [`${policyLabel(before)} → ${policyLabel(after)}`]
  for (const { path, from, to } of changes)
    lines.push(from === null ? `+ ${path}: ${to}` : to === null ? `- ${path}: ${from}` : `${path}: ${from} → ${to}`)
  if (changes.length === 0) lines.push('no difference')
  if (counted !== null) {
    lines.push(counted.length === 0 ? 'no element of the data comes out differently' : 'elements that come out differently:')
    for (const { path, elements, resources } of counted) lines.push(`  ${path}: ${elements} in ${resources} resources`)
  }
  return `${lines.join('\n')}\n`
}
