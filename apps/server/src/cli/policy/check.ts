import { Command } from 'commander'
import { policyLabel, readPolicy } from '@aquifer/core/masking'
import { CommandFailed } from '../failure.js'
import { problemLine, textOf } from './policy-file.js'

export function checkCommand(): Command {
  return new Command('check')
    .description('all that is wrong with a policy file, by line and path; exit 1 on a problem; needs no server')
    .argument('<file>', 'a masking policy')
    .option('--json', 'as JSON')
    .action((file: string, { json }: { json?: boolean }) => {
      const { policy, problems = [] } = readPolicy(textOf(file, 'policy'))
      if (json === true) process.stdout.write(`${JSON.stringify(problems)}\n`)
      else for (const problem of problems) process.stdout.write(`${problemLine(file, problem)}\n`)
      if (policy === undefined) throw new CommandFailed(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in ${file}.`)
      if (json !== true) process.stdout.write(`${file}: ${policyLabel(policy)}, no problems\n`)
    })
}
