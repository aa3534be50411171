import type { StatisticsBody } from '@aquifer/core/statistics'

/** The column that says in words what another one says in codes, as the flat tables name them: code_text of code, type_text of type_code. */
export const textColumnOf = (column: string, columns: readonly string[]): string | undefined =>
  columns.find((name) => name !== column && (name === column.replace(/code$/, 'text') || name === `${column}_text`))

/** Levels of Table 1 that are codes get the text that most of their rows have. */
export function withCodeTexts(
  body: StatisticsBody,
  { columns, rows }: { columns: readonly { name: string }[]; rows: readonly unknown[][] },
): StatisticsBody {
  if (body.kind !== 'table-one') return body
  const names = columns.map(({ name }) => name)
  const variables = body.variables.map((variable) => {
    const words = variable.as === 'categorical' ? textColumnOf(variable.column, names) : undefined
    if (variable.as !== 'categorical' || words === undefined) return variable
    const texts = mostOften(rows, names.indexOf(variable.column), names.indexOf(words))
    return {
      ...variable,
      levels: variable.levels.map((level) => {
        const name = level.value === null ? undefined : texts.get(level.value)
        return name === undefined ? level : { ...level, name }
      }),
    }
  })
  return { ...body, variables }
}

function mostOften(rows: readonly unknown[][], code: number, text: number): Map<string, string> {
  const counts = new Map<string, Map<string, number>>()
  for (const row of rows) {
    const [of, said] = [row[code], row[text]]
    if ((typeof of !== 'string' && typeof of !== 'number') || typeof said !== 'string') continue
    const told = counts.get(String(of)) ?? new Map<string, number>()
    counts.set(String(of), told.set(said, (told.get(said) ?? 0) + 1))
  }
  return new Map([...counts].map(([of, told]) => [of, [...told].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]![0]]))
}
