/** A version of a code list as a file that statements can read. */
export interface ListFile {
  name: string
  version: number
  /** Of its list: what `code_lists` shows. */
  newest: boolean
  path: string
}
export const codeListTables = ['code_lists', 'code_list_versions'] as const
export type CodeListTable = (typeof codeListTables)[number]

interface Column {
  name: string
  type: string
  description: string
}
export const codeListTableColumns: readonly Column[] = [
  { name: 'list', type: 'VARCHAR', description: 'name of the list' },
  { name: 'version', type: 'INTEGER', description: 'version of the list' },
  { name: 'system', type: 'VARCHAR', description: 'code system, as in code_system' },
  { name: 'code', type: 'VARCHAR', description: 'code' },
  { name: 'display', type: 'VARCHAR', description: 'text of the code in the list' },
  { name: 'target_system', type: 'VARCHAR', description: 'code system of what it is mapped to' },
  { name: 'target_code', type: 'VARCHAR', description: 'code it is mapped to' },
  { name: 'target_display', type: 'VARCHAR', description: 'text of the code it is mapped to' },
  { name: 'equivalence', type: 'VARCHAR', description: 'how far the two mean the same, as the list says' },
]
export const titleOf = (name: CodeListTable): string =>
  name === 'code_lists' ? 'Codes of the loaded lists, newest version of each' : 'Codes of the loaded lists in all their versions'

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** SQL of such a table over the files of a study's lists. */
export function codeListSql(name: CodeListTable, files: readonly ListFile[]): string {
  const read = files.filter(({ newest }) => newest || name === 'code_list_versions')
  const columns = codeListTableColumns.slice(2).map((column) => `"${column.name}"`)
  if (read.length === 0)
    return `SELECT ${codeListTableColumns.map((column) => `CAST(NULL AS ${column.type}) AS "${column.name}"`).join(', ')} WHERE false`
  return read
    .map(
      (file) =>
        `SELECT ${text(file.name)} AS list, CAST(${file.version} AS INTEGER) AS version, ${columns.join(', ')} FROM read_parquet([${text(file.path)}])`,
    )
    .join(' UNION ALL ')
}
