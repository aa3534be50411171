/** Files of these kinds are tables; all others are bytes. */
export const tableFormats = ['csv', 'json', 'parquet', 'txt'] as const
export type TableFormat = (typeof tableFormats)[number]

/** The kind of table that a file of this name is; the name decides, as it does for Spark. */
export function tableFormatOf(filename: string): TableFormat | null {
  const ending = /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase()
  return tableFormats.find((format) => format === ending) ?? null
}
