import { Command, Option } from 'commander'
import type { WhyAnswer } from '@aquifer/core/contract'
import { openClient } from './client.js'

interface WhyFlags {
  user: string
  act: 'read' | 'write'
  resource: string
  study: string
  tokenStudies?: string
  tokenSites?: string
  tokenPatient?: string
  url?: string
  json?: boolean
}

export function accessCommand(): Command {
  return new Command('access').description('roles and relationships').addCommand(whyCommand())
}

function whyCommand(): Command {
  return new Command('why')
    .description('which rule and relationship decide a case')
    .requiredOption('--user <name>', 'whose case it is')
    .addOption(new Option('--act <act>', 'what he would do').choices(['read', 'write']).default('read'))
    .requiredOption('--resource <Type/id>', 'the resource, or a type for any of it')
    .requiredOption('--study <id>', 'the study')
    .option('--token-studies <ids>', 'claim aquifer_studies of his token')
    .option('--token-sites <ids>', 'claim aquifer_sites of his token')
    .option('--token-patient <id>', 'claim aquifer_patient of his token')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the answer as JSON')
    .action(async ({ url, json, ...question }: WhyFlags) => {
      const client = await openClient({ url })
      const answer = await client.json<WhyAnswer>({
        path: '/access/api/v1/why',
        query: { ...question },
        need: { role: 'auditor', studies: [question.study] },
      })
      process.stdout.write(json === true ? `${JSON.stringify(answer)}\n` : words(answer))
    })
}

function words(answer: WhyAnswer): string {
  const { user, role, act, resource, study, allowed, decidedBy, steps, relationships, consent } = answer
  const lines = [`${user} (${role ?? 'no role'}) ${allowed ? 'may' : 'may NOT'} ${act} ${resource} in ${study}; decided by: ${decidedBy}`]
  for (const step of steps) lines.push(`  ${step.allowed ? 'yes' : 'no '}  ${step.rule.padEnd(13)}${step.says}`)
  if (relationships.length > 0) lines.push('relationships in the study:')
  for (const { id, kind, site, counts, says } of relationships)
    lines.push(
      `  ${counts ? 'yes' : 'no '}  ${[kind, site === null ? '' : `site ${site}`, id].filter((part) => part !== '').join(' · ')}: ${says}`,
    )
  if (consent.asked) lines.push(`consent is asked next: ${consent.types.join(', ')}`)
  return `${lines.join('\n')}\n`
}
