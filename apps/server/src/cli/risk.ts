import { Command } from 'commander'
import type { RiskEffect, RiskMeasures, RiskReport } from '@aquifer/core/contract'
import { openClient } from './client.js'
import { tableText } from './rows.js'

interface Flags {
  study: string
  snapshot?: string
  url?: string
  json?: boolean
}

export function riskCommand(): Command {
  return new Command('risk')
    .description('re-identification risk of the masked rows of a study')
    .requiredOption('--study <id>', 'the study')
    .option('--snapshot <time>', 'the kept summary of an earlier snapshot (default: the published one)')
    .option('--url <url>', 'address of the server')
    .option('--json', 'the report as JSON')
    .action(async ({ study, snapshot, url, json }: Flags) => {
      const client = await openClient({ url })
      const need = { role: 'privacy-officer', studies: [study] } as const
      const report = await client.json<RiskReport>({ path: '/masking/api/v1/risk', query: { study, snapshot }, need })
      process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : words(report))
    })
}

function words({ study, snapshot, maskingPolicy, threshold, findings }: RiskReport): string {
  if (findings === null) return `${study}: nothing has been published yet.\n`
  const { attributes, measures, sets, sensitive, combinations, effects, path } = findings
  const { worst, patterns, upTo } = combinations
  const parts = [
    `${study} · snapshot ${snapshot} · ${maskingPolicy} · quasi-identifiers: ${attributes.join(', ') || 'none'}\n`,
    section(
      'people who look alike',
      ['by', ...measureNames(threshold)],
      [['all', ...measureCells(measures)], ...sets.map((set) => [namesOf(set), ...measureCells(set.measures)])],
    ),
    sensitive === null ? '' : diagnosesText(sensitive, threshold),
    section(
      `attributes that tell people apart (up to ${upTo} together)`,
      ['attributes', 'alone', 'not by fewer'],
      worst.map((each) => [each.attributes.join(', '), each.unique, each.minimal]),
    ),
    patterns === null ? '' : patternsText(patterns),
    effectsText('what each generalization would change', effects, threshold),
    effectsText(`each upon those before it, until nobody is in a class below ${threshold}`, path, threshold),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

type Cell = string | number | null
const measureNames = (threshold: number): string[] => ['people', 'classes', 'k', 'alone', `below ${threshold}`, 'highest risk', 'mean risk']
const measureCells = ({ people, classes, minimum, unique, below, risk }: RiskMeasures): Cell[] => [
  people,
  classes,
  minimum,
  unique,
  below,
  fraction(risk.highest),
  fraction(risk.mean),
]
const fraction = (value: number | null): string | null => (value === null ? null : value.toFixed(3))

function section(title: string, names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const columns = names.map((name, at) => ({ name, type: at === 0 || typeof rows[0]?.[at] === 'string' ? 'VARCHAR' : 'INTEGER' }))
  return `${title}\n${tableText({ columns, rows: rows.map((row) => [...row]) })}`
}

function diagnosesText(sensitive: NonNullable<NonNullable<RiskReport['findings']>['sensitive']>, threshold: number): string {
  const { values, rare, distinct, entropy, shared, closeness } = sensitive
  return section(
    'diagnoses within classes',
    ['diagnoses', `of fewer than ${threshold}`, 'l', 'entropy l', 't', 'classes that share one', 'people in them'],
    [[values, rare, distinct, entropy?.toFixed(2) ?? null, fraction(closeness), shared.classes, shared.people]],
  )
}

const patternsText = (patterns: NonNullable<NonNullable<RiskReport['findings']>['combinations']['patterns']>): string =>
  section(
    'people who are easiest to find',
    ['values', 'people'],
    patterns.map(({ values, people }) => [values.map(({ attribute, value }) => `${attribute} ${value ?? 'not said'}`).join(', '), people]),
  )

const effectsText = (title: string, effects: readonly RiskEffect[], threshold: number): string =>
  section(
    title,
    ['generalization', 'k', 'alone', `below ${threshold}`, 'mean risk', 'information lost'],
    effects.map(({ generalizations, measures, loss }) => [
      generalizations
        .slice(-1)
        .map(({ attribute, to }) => `${attribute} ${to}`)
        .join(),
      measures.minimum,
      measures.unique,
      measures.below,
      fraction(measures.risk.mean),
      `${Math.round(loss * 100)} %`,
    ]),
  )

const namesOf = ({ attributes, generalizations }: NonNullable<RiskReport['findings']>['sets'][number]): string =>
  attributes
    .map((attribute) => {
      const made = generalizations.find((each) => each.attribute === attribute)
      return made === undefined ? attribute : `${attribute} (${made.to})`
    })
    .join(', ')
