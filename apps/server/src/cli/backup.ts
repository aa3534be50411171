import { existsSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { version } from '../config/index.js'
import { bucketStores, openPlatform, restore, restoreFromLake, takeBackup, type FromLakeReport, type RestoreReport } from '../platform.js'
import { systemClock } from '../storage/index.js'
import { CommandFailed } from './failure.js'
import { configFrom, type ServeFlags } from './serve.js'

const tell = (what: string): void => void process.stderr.write(`${what}\n`)

export function backupCommand(): Command {
  return new Command('backup')
    .description('copies all stores of the running server into an empty folder, while it works; on its own machine, without the master key')
    .argument('<dir>', 'an empty or new folder; identified data will be in it')
    .option('--data <dir>', 'data folder (default .aquifer)')
    .option('--json', 'as JSON')
    .action(async (dir: string, flags: ServeFlags) => {
      const config = configFrom(flags)
      const { dataDir, storeDir, masterKeyFile, databaseUrl } = config
      if (databaseUrl !== null)
        throw new CommandFailed('The database is not the embedded one: back it up by its own tools, and lake, ledger and keys as files.')
      const stores = { dataDir, storeDir, masterKeyFile, bucket: await bucketStores(config) }
      const made = await takeBackup(path.resolve(dir), { ...stores, version, now: () => systemClock.now(), tell })
      if ('problem' in made) throw new CommandFailed(made.problem)
      const said = `${made.dir}: ${made.files} files, ${Math.ceil(made.bytes / 1024)} KB, as of ${made.endedAt}; the master key is not in it\n`
      process.stdout.write(flags.json === true ? `${JSON.stringify(made)}\n` : said)
    })
}

interface RestoreFlags extends ServeFlags {
  lake?: string
  ledger?: string
  fromLake?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description(
      'brings a backup back into an empty data folder, or makes the database again from a lake alone; does later withdrawals again, and compares the stores; exit 1 when they differ',
    )
    .argument('<dir>', 'the folder of a backup; with --from-lake the data folder whose database is lost')
    .option('--from-lake', 'without any backup, from lake, keys and ledger of that data folder; goes on where it was interrupted')
    .option('--data <dir>', 'data folder (default .aquifer)')
    .option(
      '--lake <dir>',
      'a lake that outlived the database: what only it knows goes back in; with --from-lake where the lake lies, also s3://BUCKET/PREFIX',
    )
    .option('--ledger <file>', 'the newest copy of ledger/withdrawals.ndjson')
    .option('--json', 'as JSON')
    .action(async (dir: string, { lake, ledger, json, fromLake, ...flags }: RestoreFlags) => {
      // Without it people who were erased would come back: a wrong name must not pass for an empty ledger.
      if (ledger !== undefined && !existsSync(ledger))
        throw new CommandFailed(
          `There is no ledger at ${ledger}: name the newest copy, or leave --ledger out where nobody has withdrawn yet.`,
        )
      const asked = { from: path.resolve(dir), lake: lake ?? null, ledger: ledger ?? null, tell }
      const made = await (fromLake === true ? restoreFromLake : restore)(configFrom(flags), asked, openPlatform)
      if ('problem' in made) throw new CommandFailed(made.problem)
      const text = 'backup' in made ? restoredText(made) : fromLakeText(made)
      process.stdout.write(json === true ? `${JSON.stringify(made)}\n` : text)
      if (!made.stores.equal) process.exitCode = 1
    })
}

function restoredText({ backup, lakeOnly, withdrawals, stores }: RestoreReport): string {
  const returned =
    lakeOnly === null
      ? []
      : [
          `from the lake: ${lakeOnly.returned} versions returned, ${lakeOnly.erased} of erased people, ${lakeOnly.left} left out`,
          ...lakeOnly.locked.map((study) => `the lake of ${study} is left out: it was begun after the backup, which has no key for it`),
        ]
  const equal = equalText(stores)
  return `${[`restored as of ${backup}`, ...returned, `${withdrawals} withdrawals done again`, equal].join('\n')}\n`
}

const equalText = (stores: RestoreReport['stores']): string =>
  stores.equal ? 'the stores hold the same' : 'the stores DIFFER: start the server and run `aquifer verify stores`'

// What no lake holds, so that nobody finds out later.
const notInTheLake =
  'not in the lake, so not brought back: accounts, clients and relationships, subject numbers and participant log, invitations, files, ' +
  'code lists, cohorts, notebooks and saved statements, results, data cuts, jobs, and the audit trail (its newest head is kept: `aquifer audit verify` tells what is lost)'

function fromLakeText({ studies, withoutSettings, returned, erased, left, erasedKnown, withdrawals, stores }: FromLakeReport): string {
  const lines = [
    `${studies.length} studies; from the lake: ${returned} versions returned, ${erased} of erased people, ${left} left out`,
    ...withoutSettings.map(
      (id) => `${id}: its settings were not in the lake; it is frozen and masked by safe-harbor until \`aquifer study apply\``,
    ),
    `${erasedKnown} erased people known; ${withdrawals} withdrawals done again`,
    notInTheLake,
    equalText(stores),
  ]
  return `${lines.join('\n')}\n`
}
