import { Command } from 'commander'
import type {
  KeyEscrowView,
  KeyRestored,
  KeyShare,
  MaskingKeyList,
  ReidentificationAnswer,
  ReidentificationView,
} from '@aquifer/core/contract'
import { ask, asking, type AskFlags } from './ask.js'
import { inputOf } from './client.js'
import { readSecret } from './secret.js'

const base = '/masking/api/v1'

const command = (name: string, description: string): Command => asking(new Command(name).description(description))

const keyLines = ({ keys }: MaskingKeyList): string =>
  keys.map(({ id, fingerprint, retiredAt }) => `${id}  ${fingerprint}  ${retiredAt === null ? 'in use' : `until ${retiredAt}`}\n`).join('')
const escrowLine = ({ id, key, needed, shares }: KeyEscrowView): string =>
  `${id}  ${key}  any ${needed} of ${shares.map(({ holder, collectedAt }) => `${holder}${collectedAt === null ? ' (not fetched)' : ''}`).join(', ')}\n`

/** Keys of the pseudonyms of studies, and what a pseudonym stands for. */
export function keyCommand(): Command {
  return new Command('key')
    .description('keys of pseudonyms: which there are, another one, shares of them; who stands behind one pseudonym')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(escrowCommand())
    .addCommand(shareCommand())
    .addCommand(restoreCommand())
    .addCommand(askCommand())
    .addCommand(decideCommand('approve'))
    .addCommand(decideCommand('deny'))
    .addCommand(answerCommand())
}

function listCommand(): Command {
  return command('list', 'keys by fingerprint, and who holds shares')
    .requiredOption('--study <id>', 'the study')
    .action(({ study, ...flags }: AskFlags & { study: string }) =>
      ask<MaskingKeyList>(
        flags,
        { path: `${base}/keys`, query: { study } },
        (list) => keyLines(list) + list.escrows.map(escrowLine).join(''),
      ),
    )
}

function rotateCommand(): Command {
  return command('rotate', 'another key: all pseudonyms and shifts of the study change, beside what is shown')
    .requiredOption('--study <id>', 'the study')
    .requiredOption('--reason <text>', 'why, at least 10 characters')
    .action(({ study, reason, ...flags }: AskFlags & { study: string; reason: string }) =>
      ask<MaskingKeyList>(flags, { method: 'POST', path: `${base}/keys/rotate`, json: { study, reason } }, keyLines),
    )
}

function escrowCommand(): Command {
  return command('escrow', 'split the key in use into shares, one for each named user')
    .requiredOption('--study <id>', 'the study')
    .requiredOption('--holder <user...>', 'who holds a share')
    .requiredOption('--needed <n>', 'how many of them bring the key back', Number)
    .requiredOption('--reason <text>', 'why, at least 10 characters')
    .action(({ study, holder, needed, reason, ...flags }: AskFlags & { study: string; holder: string[]; needed: number; reason: string }) =>
      ask<KeyEscrowView>(
        flags,
        { method: 'POST', path: `${base}/keys/escrows`, json: { study, holders: holder, needed, reason } },
        escrowLine,
      ),
    )
}

function shareCommand(): Command {
  return command('share', 'one’s own share, told once. The password comes from stdin, AQUIFER_TOKEN says whose')
    .argument('<escrow>', 'its id')
    .action(async (id: string, flags: AskFlags) => {
      const password = await readSecret('Password')
      const call = { method: 'POST', path: `${base}/keys/escrows/${encodeURIComponent(id)}/share`, json: { password } } as const
      await ask<KeyShare>(flags, call, ({ share }) => `${share}\n`)
    })
}

function restoreCommand(): Command {
  return command('restore', 'make the key from shares on stdin, one a line: proves that it is the one, and puts it back where it is gone')
    .argument('<escrow>', 'its id')
    .requiredOption('--reason <text>', 'why, at least 10 characters')
    .option('--use', 'mask by it from now on')
    .action(async (id: string, { reason, use, ...flags }: AskFlags & { reason: string; use?: boolean }) => {
      const chunks: Buffer[] = []
      for await (const chunk of inputOf('-')) chunks.push(chunk)
      const lines = Buffer.concat(chunks).toString('utf8').split('\n')
      const shares = lines.map((each) => each.trim()).filter((each) => each !== '')
      const json = { shares, reason, ...(use === true ? { use } : {}) }
      const call = { method: 'POST', path: `${base}/keys/escrows/${encodeURIComponent(id)}/restore`, json } as const
      await ask<KeyRestored>(
        flags,
        call,
        ({ key, fingerprint, present, used }) =>
          `${key}  ${fingerprint}  ${present ? 'was here, unchanged' : 'put back'}${used ? ', in use' : ''}\n`,
      )
    })
}

const requestLine = ({ id, state, requestedBy, decidedBy, answerUntil }: ReidentificationView): string =>
  `${id}  ${state}  asked by ${requestedBy}${decidedBy === null ? '' : `, decided by ${decidedBy}`}${answerUntil === null ? '' : `, answer until ${answerUntil}`}\n`

function askCommand(): Command {
  return command('ask', 'ask who stands behind one pseudonym; somebody else decides')
    .argument('<pseudonym>', 'patient_key of a masked row')
    .requiredOption('--study <id>', 'the study')
    .requiredOption('--reason <text>', 'why, at least 10 characters')
    .action((pseudonym: string, { study, reason, ...flags }: AskFlags & { study: string; reason: string }) =>
      ask<ReidentificationView>(
        flags,
        { method: 'POST', path: `${base}/reidentifications`, json: { study, pseudonym, reason } },
        requestLine,
      ),
    )
}

function decideCommand(act: 'approve' | 'deny'): Command {
  return command(act, `${act} what another person asked. The password comes from stdin, AQUIFER_TOKEN says whose`)
    .argument('<request>', 'its id')
    .option('--note <text>', 'a note')
    .action(async (id: string, { note, ...flags }: AskFlags & { note?: string }) => {
      const password = await readSecret('Password')
      const json = { approve: act === 'approve', password, ...(note === undefined ? {} : { note }) }
      await ask<ReidentificationView>(
        flags,
        { method: 'POST', path: `${base}/reidentifications/${encodeURIComponent(id)}/decision`, json },
        requestLine,
      )
    })
}

function answerCommand(): Command {
  return command('answer', 'who it is: once, to the person who asked')
    .argument('<request>', 'its id')
    .action((id: string, flags: AskFlags) =>
      ask<ReidentificationAnswer>(
        flags,
        { method: 'POST', path: `${base}/reidentifications/${encodeURIComponent(id)}/answer` },
        ({ type, patient }) => `${type}/${patient}\n`,
      ),
    )
}
