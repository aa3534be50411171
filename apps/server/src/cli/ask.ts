import type { Command } from 'commander'
import { openClient, type Call } from './client.js'

/** Flags of every command that asks a server and tells its answer. */
export interface AskFlags {
  url?: string
  json?: boolean
}
export const asking = (command: Command): Command => command.option('--url <url>', 'address of the server').option('--json', 'as JSON')

/** As a privacy officer, unless an explicit token says who. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the schema that the endpoint promises
export async function ask<T>({ url, json }: AskFlags, call: Omit<Call, 'need'>, words: (answer: T) => string): Promise<void> {
  const client = await openClient({ url })
  const answer = await client.json<T>({ ...call, need: { role: 'privacy-officer' } })
  process.stdout.write(json === true ? `${JSON.stringify(answer)}\n` : words(answer))
}
