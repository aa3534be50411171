import { Command } from 'commander'
import { checkCommand } from './check.js'
import { diffCommand } from './diff.js'
import { displaysCommand } from './displays.js'
import { listCommand, proposeCommand, rejectCommand, signCommand } from './stored.js'
import { traceCommand } from './trace.js'

/** One file for each subcommand that works on files alone; those of a server's policies are in one. */
export function policyCommand(): Command {
  return new Command('policy')
    .description('masking policies: what they say, do and change, and which is in force')
    .addCommand(checkCommand())
    .addCommand(diffCommand())
    .addCommand(traceCommand())
    .addCommand(listCommand())
    .addCommand(proposeCommand())
    .addCommand(signCommand())
    .addCommand(rejectCommand())
    .addCommand(displaysCommand())
}
