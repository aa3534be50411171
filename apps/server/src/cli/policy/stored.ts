import { Command, Option } from 'commander'
import { signatureMeanings, type MaskingPolicyList, type MaskingPolicyVersion } from '@aquifer/core/contract'
import { ask, asking, type AskFlags } from '../ask.js'
import { readSecret } from '../secret.js'
import { textOf } from './policy-file.js'

const base = '/masking/api/v1/policies'

function line({ id, label, study, state, signatures, signaturesNeeded, proposedBy, changes }: MaskingPolicyVersion): string {
  const signed =
    signatures.length > 0
      ? `signed by ${signatures.map(({ signer }) => signer).join(', ')} (${signatures.length} of ${signaturesNeeded})`
      : ''
  const parts = [label, study, state, `proposed by ${proposedBy}`, signed, `${changes.length} changes against what is in force`]
  return `${id}  ${parts.filter((part) => part !== '').join(' · ')}\n`
}

export function listCommand(): Command {
  return asking(
    new Command('list').description('policies of studies, and which is in force').option('--study <id>', 'of one study'),
  ).action(({ study, ...flags }: AskFlags & { study?: string }) =>
    ask<MaskingPolicyList>(
      flags,
      { path: base, query: { study } },
      ({ inForce, versions }) =>
        inForce.map(({ study: id, label }) => `${id}: ${label ?? 'nothing that can be trusted: it is not masked'}\n`).join('') +
        versions.map(line).join(''),
    ),
  )
}

export function proposeCommand(): Command {
  return asking(
    new Command('propose')
      .description('propose a policy for a study; it counts when two people have signed it')
      .argument('<file>', 'the policy')
      .requiredOption('--study <id>', 'the study')
      .option('--reason <text>', 'why')
      .addOption(new Option('--accept <what>', 'what its signatures are to accept').choices(['live-date-shift'])),
  ).action((file: string, { study, reason, accept, ...flags }: AskFlags & { study: string; reason?: string; accept?: string }) =>
    ask<MaskingPolicyVersion>(
      flags,
      {
        method: 'POST',
        path: base,
        json: { study, text: textOf(file, 'policy'), reason, ...(accept === undefined ? {} : { accepts: [accept] }) },
      },
      line,
    ),
  )
}

export function signCommand(): Command {
  return asking(
    new Command('sign')
      .description('sign a proposed policy; the second signature puts it in force. The password comes from stdin, AQUIFER_TOKEN says whose')
      .argument('<id>', 'of the version')
      .addOption(new Option('--meaning <meaning>', 'of the signature').choices(signatureMeanings).default('approval')),
  ).action(async (id: string, { meaning, ...flags }: AskFlags & { meaning: string }) => {
    const password = await readSecret('Password')
    await ask<MaskingPolicyVersion>(
      flags,
      { method: 'POST', path: `${base}/${encodeURIComponent(id)}/signatures`, json: { meaning, password } },
      line,
    )
  })
}

export function rejectCommand(): Command {
  return asking(
    new Command('reject')
      .description('reject a proposed policy')
      .argument('<id>', 'of the version')
      .requiredOption('--reason <text>', 'why'),
  ).action((id: string, { reason, ...flags }: AskFlags & { reason: string }) =>
    ask<MaskingPolicyVersion>(flags, { method: 'POST', path: `${base}/${encodeURIComponent(id)}/reject`, json: { reason } }, line),
  )
}
