import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { builtInRolePolicy, checkRolePolicy, diffRolePolicies, type RolePolicyFinding } from '@aquifer/core/access'
import type { WhyAnswer } from '@aquifer/core/contract'
import { classOfType } from '../access/index.js'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'

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
  return new Command('access').description('roles and relationships').addCommand(whyCommand()).addCommand(policyCommand())
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

function policyCommand(): Command {
  return new Command('policy')
    .description('what each role may do, as a document')
    .addCommand(
      new Command('show').description('the built-in policy, to start from').action(() => {
        process.stdout.write(`${JSON.stringify(builtInRolePolicy, null, 2)}\n`)
      }),
    )
    .addCommand(
      new Command('check')
        .description('errors and warnings with line, path and remedy; exit 1 on errors')
        .argument('<file>', 'a role policy')
        .option('--json', 'as JSON')
        .action((file: string, { json }: { json?: boolean }) => {
          const { findings } = checkRolePolicy(textOf(file), classOfType)
          if (json === true) process.stdout.write(`${JSON.stringify(findings)}\n`)
          else for (const each of findings) process.stdout.write(`${findingLine(file, each)}\n`)
          const errors = findings.filter(({ severity }) => severity === 'error').length
          if (errors > 0) throw new CommandFailed(`${errors} ${errors === 1 ? 'error' : 'errors'} in ${file}.`)
          if (json !== true) process.stdout.write(`${file}: no errors\n`)
        }),
    )
    .addCommand(
      new Command('diff')
        .description('what the file grants and takes against the built-in policy')
        .argument('<file>', 'a role policy')
        .option('--json', 'as JSON')
        .action((file: string, { json }: { json?: boolean }) => {
          const { document } = checkRolePolicy(textOf(file), classOfType)
          if (document === null) throw new CommandFailed(`${file} is no role policy: see \`aquifer access policy check ${file}\`.`)
          const changes = diffRolePolicies(builtInRolePolicy, document)
          if (json === true) process.stdout.write(`${JSON.stringify(changes)}\n`)
          else
            for (const { role, kind, item, change } of changes)
              process.stdout.write(`${change === 'granted' ? '+' : '-'} ${role} ${kind} ${item}\n`)
        }),
    )
}

const findingLine = (file: string, { severity, line, path, message, remedy }: RolePolicyFinding): string =>
  `${file}:${line ?? 1}: ${severity}: ${path === '' ? '' : `${path}: `}${message} ${remedy}`

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new CommandFailed(`${file} cannot be read.`)
  }
}
