import { readFileSync } from 'node:fs'
import { Argument, Command, Option } from 'commander'
import { addedKinds, builtInRolePolicy, checkRolePolicy, diffRolePolicies, type RolePolicyFinding } from '@aquifer/core/access'
import type { NewRelationship, RelationshipList, RelationshipView, RolePolicyList, WhyAnswer } from '@aquifer/core/contract'
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
  return new Command('access')
    .description('roles and relationships')
    .addCommand(whyCommand())
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(endCommand())
    .addCommand(policyCommand())
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

interface ListFlags {
  study?: string
  kind?: string
  holder?: string
  patient?: string
  url?: string
  json?: boolean
}

function listCommand(): Command {
  return new Command('list')
    .description('relationships, ended ones too')
    .option('--study <id>', 'of a study')
    .option('--kind <kind>', 'of one kind')
    .option('--holder <Type/id>', 'of a holder')
    .option('--patient <id>', 'that lead to a person')
    .option('--url <url>', 'address of the server')
    .option('--json', 'as JSON')
    .action(async ({ url, json, ...query }: ListFlags) => {
      const client = await openClient({ url })
      const found: RelationshipView[] = []
      for (let after: string | undefined; ;) {
        const page = await client.json<RelationshipList>({
          path: '/access/api/v1/relationships',
          query: { ...query, limit: '1000', after },
          need: { role: 'auditor' },
        })
        found.push(...page.relationships)
        if (page.next === null) break
        after = page.next
      }
      if (json === true) process.stdout.write(`${JSON.stringify(found)}\n`)
      else for (const each of found) process.stdout.write(`${relationshipLine(each)}\n`)
    })
}

interface AddFlags extends Omit<NewRelationship, 'kind'> {
  reason: string
  url?: string
  json?: boolean
}

function addCommand(): Command {
  return new Command('add')
    .description('add a relationship')
    .addArgument(new Argument('<kind>', 'what ties them').choices(addedKinds))
    .requiredOption('--holder <Type/id>', 'Practitioner/…, RelatedPerson/…, Organization/… or User/<name>')
    .option('--patient <id>', 'the person it leads to')
    .option('--study <id>', 'the study it holds in')
    .option('--site <id>', 'the site')
    .option('--from <time>', 'start, included (default now)')
    .option('--to <time>', 'end, excluded')
    .addOption(new Option('--basis <basis>', 'why a guardian acts').choices(['minority', 'non-competence']))
    .option('--finding <text>', 'where the finding of non-competence is recorded')
    .option('--phi', 'an integrator sees identified data, too')
    .requiredOption('--reason <text>', 'why, for the trail')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the relationship as JSON')
    .action(async (kind: NewRelationship['kind'], { reason, url, json, ...flags }: AddFlags) => {
      const client = await openClient({ url })
      const added = await client.json<RelationshipView>({
        method: 'POST',
        path: '/access/api/v1/relationships',
        json: { ...flags, kind },
        headers: { 'x-aquifer-reason': reason },
        need: flags.study === undefined ? { role: 'administrator' } : { role: 'study-manager', studies: [flags.study] },
      })
      process.stdout.write(json === true ? `${JSON.stringify(added)}\n` : `${relationshipLine(added)}\n`)
    })
}

function endCommand(): Command {
  return new Command('end')
    .description('end a relationship at once')
    .argument('<id>', 'as `access list` tells it')
    .requiredOption('--reason <text>', 'why, for the trail')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the relationship as JSON')
    .action(async (id: string, { reason, url, json }: { reason: string; url?: string; json?: boolean }) => {
      const client = await openClient({ url })
      const ended = await client.json<RelationshipView>({
        method: 'DELETE',
        path: `/access/api/v1/relationships/${encodeURIComponent(id)}`,
        headers: { 'x-aquifer-reason': reason },
        need: { role: 'administrator' },
      })
      process.stdout.write(json === true ? `${JSON.stringify(ended)}\n` : `${relationshipLine(ended)}\n`)
    })
}

function relationshipLine({ id, kind, holder, target, study, site, from, to, ended }: RelationshipView): string {
  const until = ended === null ? (to === null ? '' : ` until ${to}`) : ` ended ${ended}`
  const where = [study ?? 'every study', ...(site === null ? [] : [`site ${site}`])].join(' ')
  return `${id}  ${kind}  ${holder} → ${target}  ${where}  from ${from}${until}`
}

function policyCommand(): Command {
  return new Command('policy')
    .description('what each role may do, as a document')
    .addCommand(
      new Command('show')
        .description('the built-in policy, to start from')
        .option('--in-force', 'the policy that a server goes by instead')
        .option('--url <url>', 'address of the server')
        .action(async ({ inForce, url }: { inForce?: boolean; url?: string }) => {
          const document = inForce === true ? (await policiesOf(url)).document : builtInRolePolicy
          process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
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
        .description('what a policy grants and takes against the built-in one, which grows with the program')
        .argument('[file]', 'a role policy (default: the one that a server goes by)')
        .option('--url <url>', 'address of the server')
        .option('--json', 'as JSON')
        .action(async (file: string | undefined, { url, json }: { url?: string; json?: boolean }) => {
          const document = file === undefined ? (await policiesOf(url)).document : checkRolePolicy(textOf(file), classOfType).document
          if (document === null) throw new CommandFailed(`${file} is no role policy: see \`aquifer access policy check ${file}\`.`)
          const changes = diffRolePolicies(builtInRolePolicy, document)
          if (json === true) process.stdout.write(`${JSON.stringify(changes)}\n`)
          else
            for (const { role, kind, item, change } of changes)
              process.stdout.write(`${change === 'granted' ? '+' : '-'} ${role} ${kind} ${item}\n`)
        }),
    )
}

async function policiesOf(url: string | undefined): Promise<RolePolicyList> {
  const client = await openClient({ url })
  return client.json<RolePolicyList>({ path: '/access/api/v1/policies', need: { role: 'auditor' } })
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
