import { readReservoirManifest } from '../reservoir/index.js'
import { prepareTables, studyTables } from './tables.js'

/** Statements that make a study's flat tables in an engine of the caller's own, over the same files: to measure by, not to serve. */
export async function rawViews(folder: string, study: string): Promise<string[]> {
  const manifest = await readReservoirManifest(folder)
  if (manifest === null) return []
  const tables = studyTables(manifest).filter(({ kind }) => kind === 'flat')
  const checked = { tables: tables.map(({ name }) => name), columns: null, parameters: [] }
  const { ground, setup } = prepareTables({ manifest, folder, withheld: [], files: [], lists: [] }, tables, checked)
  return [`CREATE SCHEMA "${study}"`, ...ground, ...setup, `SET search_path = '"${study}"'`]
}
