import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { TableView, TableViewList } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  url?: string
  json?: boolean
  check?: boolean
}

const path = '/query/api/v1/views'
const needs = (study: string) => ({ role: 'study-manager', studies: [study] }) as const

/** Views of a study's own: added from files, listed, ended. */
export function studyViewCommands(): Command[] {
  const add = new Command('add')
    .description('ViewDefinitions as tables of a study; a further version of one that is there')
    .argument('<file...>', 'files of ViewDefinitions, JSON; each table has the name of its view')
    .option('--check', 'only say what it would be; nothing is stored')
    .action(addAll)
  const list = new Command('list').description('views of a study').action(listAll)
  const remove = new Command('remove').description('ends a view of the study’s own').argument('<name>', 'the table').action(removeOne)
  return [add, list, remove].map((command) =>
    command
      .requiredOption('--study <id>', 'the study')
      .option('--url <url>', 'address of the server')
      .option('--json', 'the answer as JSON'),
  )
}

async function addAll(files: string[], { study, url, json, check }: Flags): Promise<void> {
  const client = await openClient({ url })
  const documents = files.map((file) => ({ file, view: documentOf(file) }))
  for (const { file, view } of documents) {
    const asked = { study, view, ...(check === true ? { check } : {}) }
    const added = await client.json<TableView>({ method: 'POST', path, json: asked, need: needs(study) }).catch((error: unknown) => {
      throw error instanceof CommandFailed ? new CommandFailed(`${file}: ${error.message}`) : error
    })
    process.stdout.write(json === true ? `${JSON.stringify(added)}\n` : words(added))
  }
}

function documentOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new CommandFailed(`${file}: not a readable JSON file`)
  }
}

function words({ name, version, columns }: TableView): string {
  const table = {
    columns: ['column', 'type', 'masking', 'from'].map((each) => ({ name: each, type: 'VARCHAR' })),
    rows: columns.map((column) => [column.name, column.type, column.masking, (column.from ?? []).join(', ')]),
  }
  return `${name}${version === null ? ' (checked, not stored)' : `, version ${version}`}\n${tableText(table)}`
}

async function listAll({ study, url, json }: Flags): Promise<void> {
  const client = await openClient({ url })
  const list = await client.json<TableViewList>({ path, query: { study }, need: needs(study) })
  if (json === true) process.stdout.write(`${JSON.stringify(list)}\n`)
  else {
    const columns = ['name', 'type', 'kind', 'version', 'by', 'title'].map((name) => ({ name, type: 'VARCHAR' }))
    const rows = list.views.map(({ name, type, kind, version, by, title }) => [name, type, kind, version, by, title])
    process.stdout.write(tableText({ columns, rows }))
  }
}

async function removeOne(name: string, { study, url, json }: Flags): Promise<void> {
  const client = await openClient({ url })
  await client.json({ method: 'DELETE', path: `${path}/${encodeURIComponent(name)}`, query: { study }, need: needs(study) })
  process.stdout.write(json === true ? `${JSON.stringify({ study, name, ended: true })}\n` : `${name} is no table of ${study} any more\n`)
}
