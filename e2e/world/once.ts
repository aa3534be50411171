import { demoSize, fromPaper } from './people.js'
import { reach, startPlatform, type PlatformAddress } from './platform.js'

/** One platform for the whole run: starting it is what takes long, and no test needs it empty. */
export default async function once(): Promise<(() => Promise<void>) | undefined> {
  // A platform that is already there, for work on the tests themselves.
  const given = process.env['E2E_PLATFORM']
  if (given !== undefined) {
    await loadFromPaper(JSON.parse(given) as PlatformAddress)
    return undefined
  }
  const { stop, url, dataDir, people } = await startPlatform(demoSize)
  const address: PlatformAddress = { url, dataDir, people }
  process.env['E2E_PLATFORM'] = JSON.stringify(address)
  try {
    await loadFromPaper(address)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

/** More people by the command line, as an integrator would load them; a second time nothing is stored. */
async function loadFromPaper(address: PlatformAddress): Promise<void> {
  const { aquifer } = reach(address)
  const people = await aquifer(['generate', '--patients', String(fromPaper.patients), '--seed', fromPaper.seed, '--format', 'bundles'])
  const stored = await aquifer(
    ['import', '-', '--study', fromPaper.study, '--site', fromPaper.site, '--consent-on-file', 'paper forms'],
    people.stdout,
  )
  if (stored.code !== 0) throw new Error(`the people were not loaded:\n${stored.stderr}${stored.stdout}`)
  const waited = await aquifer(['pipeline', 'wait', '--timeout', '120'])
  if (waited.code !== 0) throw new Error(`what was written did not become queryable:\n${waited.stderr}`)
}
