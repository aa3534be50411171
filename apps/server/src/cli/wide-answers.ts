import { Command } from 'commander'
import type { StatementRows } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'

interface Flags {
  study: string
  url?: string
  json?: boolean
}
/** A question, and for each kind of value by how many it was answered in all, and at most in one response. */
export type Question = [link: string, ...counts: number[]]

/** Which questions there are differs by questionnaire, so it is one statement for each and no table. */
export function wideCommand(): Command {
  return new Command('wide')
    .description('a statement with one row for each response to a questionnaire and a column for each question')
    .argument('<questionnaire>', 'questionnaire_key, as in questionnaire_answers')
    .requiredOption('--study <id>', 'the study')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the statement and its columns as JSON')
    .addHelpText('after', '\n  aquifer query "$(aquifer view wide KEY --study REG)" --study REG --format csv')
    .action(async (questionnaire: string, { study, url, json }: Flags) => {
      const client = await openClient({ url })
      const { rows } = await client.json<StatementRows>({
        method: 'POST',
        path: '/query/api/v1/statements',
        json: { study, sql: questionsSql(questionnaire), purpose: 'columns of a wide questionnaire', limit: linksMax },
        headers: { accept: 'application/json' },
        need: { role: 'analyst', studies: [study] },
      })
      if (rows.length === 0)
        throw new CommandFailed(
          `there is no answer to ${questionnaire} in ${study}: SELECT DISTINCT questionnaire_key FROM questionnaire_answers`,
        )
      const columns = rows.flatMap((row) => columnsOf(row as Question))
      const statement = wideSql(questionnaire, columns)
      process.stdout.write(
        json === true ? `${JSON.stringify({ study, statement, columns: columns.map(({ name }) => name) })}\n` : `${statement}\n`,
      )
    })
}

const linksMax = 2000
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

const kinds = [
  { value: 'value_number', ending: '_number' },
  { value: 'value_code', ending: '_code' },
  { value: 'value_boolean', ending: '_boolean' },
  { value: 'coalesce(CAST(value_at AS VARCHAR), CAST(value_year AS VARCHAR))', ending: '_at' },
  { value: 'value_text', ending: '_text' },
]

export const questionsSql = (
  questionnaire: string,
): string => `SELECT link_id, ${kinds.map((_, at) => `sum(n${at}), max(n${at})`).join(', ')}
FROM (SELECT link_id, response_id, ${kinds.map(({ value }, at) => `count(${value}) AS n${at}`).join(', ')}
  FROM questionnaire_answers WHERE questionnaire_key = ${text(questionnaire)} AND link_id IS NOT NULL GROUP BY link_id, response_id)
GROUP BY link_id ORDER BY link_id`

interface Column {
  name: string
  link: string
  value: string
  /** Somebody gave several answers: all of them are in the column, in their order. */
  several: boolean
}
/** A column for each kind of value that the question was answered by; by one kind, it has the question's own name. */
export function columnsOf([link, ...counts]: Question): Column[] {
  const found = kinds.flatMap((kind, at) => (Number(counts[2 * at]) > 0 ? [{ ...kind, several: Number(counts[2 * at + 1]) > 1 }] : []))
  // Masking may have taken the answers: that the question was there is still told.
  if (found.length === 0) return [{ name: link, link, value: 'value_text', several: false }]
  return found.map(({ ending, ...column }) => ({ ...column, link, name: found.length === 1 ? link : `${link}${ending}` }))
}

export function wideSql(questionnaire: string, columns: readonly Column[]): string {
  const of = columns.map(({ name, link, value, several }) => {
    const answers = several
      ? `list(${value} ORDER BY id) FILTER (WHERE link_id = ${text(link)} AND ${value} IS NOT NULL)`
      : `max(CASE WHEN link_id = ${text(link)} THEN ${value} END)`
    return `  ${answers} AS "${name.replaceAll('"', '""')}"`
  })
  return `SELECT response_id, any_value(patient_key) AS patient_key, any_value(authored_at) AS authored_at, any_value(authored_year) AS authored_year,
${of.join(',\n')}
FROM questionnaire_answers
WHERE questionnaire_key = ${text(questionnaire)}
GROUP BY response_id`
}
