// The command line: parses, calls, prints. Exit 0 done, 1 failed, 2 wrong usage.
// Never holds logic of a system: what it does is done by the server, or by core alone.
import { isMainThread } from 'node:worker_threads'
import { Command, CommanderError } from 'commander'
import { errorName } from '../monitoring/index.js'
import { version } from '../config/index.js'
import { CommandFailed, WrongUsage } from './failure.js'
import { runInRoomyThread } from './roomy-thread.js'

type Loader = () => Promise<Command>

// Loaded when asked for: a filter such as `mask` starts without the server's dependencies.
const commands: readonly { name: string; says: string; load: Loader }[] = [
  { name: 'serve', says: 'the platform in one process tree', load: async () => (await import('./serve.js')).serveCommand() },
  { name: 'demo', says: 'serve a folder filled with generated studies', load: async () => (await import('./demo.js')).demoCommand() },
  { name: 'generate', says: 'synthetic DSTU2 people to stdout', load: async () => (await import('./generate.js')).generateCommand() },
  { name: 'study', says: 'studies and their settings', load: async () => (await import('./study.js')).studyCommand() },
  { name: 'consent', says: 'withdrawals and participants', load: async () => (await import('./consent.js')).consentCommand() },
  { name: 'invitation', says: 'invitations to take part', load: async () => (await import('./invitation.js')).invitationCommand() },
  { name: 'import', says: 'bulk load of FHIR files', load: async () => (await import('./import.js')).importCommand() },
  { name: 'pipeline', says: 'how far what was written has come', load: async () => (await import('./pipeline.js')).pipelineCommand() },
  { name: 'verify', says: 'proves that the stores hold the same', load: async () => (await import('./verify.js')).verifyCommand() },
  { name: 'backup', says: 'a copy of all stores together', load: async () => (await import('./backup.js')).backupCommand() },
  { name: 'restore', says: 'brings a backup back', load: async () => (await import('./backup.js')).restoreCommand() },
  { name: 'feed', says: 'who sends, and the alarm when nothing comes', load: async () => (await import('./feed.js')).feedCommand() },
  { name: 'query', says: 'SQL on the masked reservoir', load: async () => (await import('./query.js')).queryCommand() },
  { name: 'files', says: 'files kept as they are, some of them tables', load: async () => (await import('./files.js')).filesCommand() },
  { name: 'reservoir', says: 'masked files for readers outside', load: async () => (await import('./reservoir.js')).reservoirCommand() },
  { name: 'cut', says: 'data cuts: named, signed snapshots', load: async () => (await import('./cut.js')).cutCommand() },
  { name: 'view', says: 'SQL-on-FHIR views', load: async () => (await import('./view.js')).viewCommand() },
  { name: 'codes', says: 'code lists and unmapped codes', load: async () => (await import('./codes.js')).codesCommand() },
  { name: 'mask', says: 'a filter that masks resources', load: async () => (await import('./mask.js')).maskCommand() },
  { name: 'policy', says: 'masking policies', load: async () => (await import('./policy/index.js')).policyCommand() },
  { name: 'key', says: 'keys of pseudonyms', load: async () => (await import('./key.js')).keyCommand() },
  { name: 'access', says: 'roles and relationships', load: async () => (await import('./access.js')).accessCommand() },
  { name: 'audit', says: 'proves that the trail is whole', load: async () => (await import('./audit.js')).auditCommand() },
  { name: 'quality', says: 'what is wrong with the data that came', load: async () => (await import('./quality.js')).qualityCommand() },
  { name: 'risk', says: 're-identification risk of masked rows', load: async () => (await import('./risk.js')).riskCommand() },
  { name: 'token', says: 'a bearer token, on the server’s machine', load: async () => (await import('./token.js')).tokenCommand() },
  { name: 'user', says: 'people: who they are and what they may do', load: async () => (await import('./user.js')).userCommand() },
  { name: 'client', says: 'headless clients and their keys', load: async () => (await import('./oauth-client.js')).clientCommand() },
  { name: 'doctor', says: 'checks machine, configuration, isolation', load: async () => (await import('./doctor.js')).doctorCommand() },
  {
    name: 'bench',
    says: 'figures as JSON, with machine, load and data',
    load: async () => (await import('./bench/command.js')).benchCommand(),
  },
]

const roomy = new Set(['serve', 'demo'])

/** Runs one command line and leaves its exit code with the process. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    if (isMainThread && roomy.has(argv[2] ?? '')) {
      process.exitCode = await runInRoomyThread(argv)
      return
    }
    if (isMainThread) endWithReader()
    const program = await programFor(argv[2])
    await program.parseAsync([...argv])
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

// The reader of our words may have had enough, as `head` has: nothing is wrong, and nothing more to do.
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? undefined : 1))
}

async function programFor(asked: string | undefined): Promise<Command> {
  const program = new Command('aquifer')
    .description('A platform for study health data: FHIR in, consent, a masked reservoir out.')
    .version(version)
    .exitOverride()
    .showHelpAfterError()
  for (const { name, says, load } of commands) {
    const command = name === asked ? await load() : new Command(name).description(says).helpOption(false).allowUnknownOption()
    program.addCommand(strict(command))
  }
  return program
}

/** Wrong words are thrown, not exited on, so that every way out passes one place. */
function strict(command: Command): Command {
  command.exitOverride().showHelpAfterError('(see --help)')
  for (const child of command.commands) strict(child)
  return command
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof WrongUsage || error instanceof CommandFailed) {
    process.stderr.write(`aquifer: ${error.message}\n`)
    return error instanceof WrongUsage ? 2 : 1
  }
  const { name, code, at } = errorName(error)
  process.stderr.write(`aquifer: unexpected ${[name, code].filter(Boolean).join(' ')}${at === undefined ? '' : ` at ${at}`}\n`)
  return 1
}
