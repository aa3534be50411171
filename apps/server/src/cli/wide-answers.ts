import { Command } from 'commander'
import type { StatementRows } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { CommandFailed } from './failure.js'

interface Flags {
  study: string
  url?: string
  json?: boolean
}
type Link = [link: string, numbers: number, codes: number, booleans: number, times: number, texts: number]

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
      const sql = `SELECT link_id, count(value_number), count(value_code), count(value_boolean), count(coalesce(CAST(value_at AS VARCHAR), CAST(value_year AS VARCHAR))), count(value_text)
        FROM questionnaire_answers WHERE questionnaire_key = ${text(questionnaire)} AND link_id IS NOT NULL GROUP BY link_id ORDER BY link_id`
      const { rows } = await client.json<StatementRows>({
        method: 'POST',
        path: '/query/api/v1/statements',
        json: { study, sql, purpose: 'columns of a wide questionnaire', limit: linksMax },
        headers: { accept: 'application/json' },
        need: { role: 'analyst', studies: [study] },
      })
      if (rows.length === 0)
        throw new CommandFailed(
          `there is no answer to ${questionnaire} in ${study}: SELECT DISTINCT questionnaire_key FROM questionnaire_answers`,
        )
      const columns = rows.flatMap((row) => columnsOf(row as Link))
      const statement = wideSql(questionnaire, columns)
      process.stdout.write(
        json === true ? `${JSON.stringify({ study, statement, columns: columns.map(({ name }) => name) })}\n` : `${statement}\n`,
      )
    })
}

const linksMax = 2000
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

interface Column {
  name: string
  link: string
  value: string
}
/** A column for each kind of value that the question was answered by; by one kind, it has the question's own name. */
function columnsOf([link, numbers, codes, booleans, times, texts]: Link): Column[] {
  const kinds = [
    { value: 'value_number', count: numbers },
    { value: 'value_code', count: codes },
    { value: 'value_boolean', count: booleans },
    { value: 'coalesce(CAST(value_at AS VARCHAR), CAST(value_year AS VARCHAR))', count: times, ending: '_at' },
    { value: 'value_text', count: texts },
  ].filter(({ count }) => count > 0)
  // Masking may have taken the answers: that the question was there is still told.
  if (kinds.length === 0) return [{ name: link, link, value: 'value_text' }]
  return kinds.map(({ value, ending }) => ({
    name: kinds.length === 1 ? link : `${link}${ending ?? value.slice('value'.length)}`,
    link,
    value,
  }))
}

function wideSql(questionnaire: string, columns: readonly Column[]): string {
  const of = columns.map(
    ({ name, link, value }) => `  max(CASE WHEN link_id = ${text(link)} THEN ${value} END) AS "${name.replaceAll('"', '""')}"`,
  )
  return `SELECT response_id, any_value(patient_key) AS patient_key, any_value(authored_at) AS authored_at, any_value(authored_year) AS authored_year,
${of.join(',\n')}
FROM questionnaire_answers
WHERE questionnaire_key = ${text(questionnaire)}
GROUP BY response_id`
}
