import { Command } from 'commander'
import { displaysCommand } from './policy-displays.js'

export function policyCommand(): Command {
  return new Command('policy').description('masking policies').addCommand(displaysCommand())
}
