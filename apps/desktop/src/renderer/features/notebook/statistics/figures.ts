import type { StatisticsAnswer, SummaryFigures, SurvivalAnswer, SurvivalStep, ToldCount } from '@aquifer/core/contract'
import { unformula } from '../csv.js'
import { axis, seriesMax } from '../chart/chart-data.js'
import { survivalDrawing, type Survival } from '../chart/survival.js'

/** A cell of a table of figures. `hidden`: told as a mark only. */
export interface Figure {
  text: string
  hidden?: boolean
}
export interface FigureTable {
  title: string
  /** What belongs to the table as a whole, such as a test. */
  note?: string
  /** The first names the row, the others carry figures. */
  columns: string[]
  rows: { name: string; indent?: boolean; figures: Figure[] }[]
}

// Four digits stay together: most of them are years.
const number = (value: number, digits: number) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: 'min2' })
const plain = (value: number | null, digits = 2): Figure => ({ text: value === null ? '–' : number(value, digits) })
const count = (value: ToldCount): Figure => (typeof value === 'number' ? { text: number(value, 0) } : { text: value, hidden: true })
const share = (value: number | null): string => (value === null ? '' : ` (${number(100 * value, 1)} %)`)
const counted = (n: ToldCount, part: number | null): Figure =>
  typeof n === 'number' ? { text: `${number(n, 0)}${share(part)}` } : { text: n, hidden: true }
const named = (name: string | null) => name ?? '∅'

export function tablesOf(answer: StatisticsAnswer): FigureTable[] {
  switch (answer.kind) {
    case 'table-one':
      return [tableOne(answer)]
    case 'survival':
      return [survival(answer)]
    case 'incidence':
      return [incidence(answer)]
    case 'missing':
      return missing(answer)
    case 'adherence':
      return [adherence(answer)]
  }
}

const spread = (figures: SummaryFigures, what: 'mean' | 'median'): Figure => {
  if (what === 'mean')
    return { text: figures.mean === null ? '–' : `${number(figures.mean, 1)} (${figures.sd === null ? '–' : number(figures.sd, 1)})` }
  const edges = figures.q1 === null || figures.q3 === null ? '' : ` [${number(figures.q1, 1)}, ${number(figures.q3, 1)}]`
  return { text: figures.median === null ? '–' : `${number(figures.median, 1)}${edges}` }
}

type Of<Kind extends StatisticsAnswer['kind']> = Extract<StatisticsAnswer, { kind: Kind }>

function tableOne({ groups, people, variables }: Of<'table-one'>): FigureTable {
  const grouped = groups.length > 1
  const rows: FigureTable['rows'] = [
    { name: 'People', figures: [count(people), ...(grouped ? groups.map((group) => count(group.people)) : [])] },
  ]
  const smd = (value: number | null): Figure[] => (grouped ? [plain(value, 3)] : [])
  const none: Figure[] = grouped ? [{ text: '' }] : []
  for (const variable of variables) {
    if (variable.as === 'continuous') {
      const all = [variable.overall, ...(grouped ? variable.groups : [])]
      rows.push({ name: `${variable.column}, mean (SD)`, figures: [...all.map((one) => spread(one, 'mean')), ...smd(variable.smd)] })
      rows.push({ name: 'median [quartiles]', indent: true, figures: [...all.map((one) => spread(one, 'median')), ...none] })
      if (all.some((one) => one.missing !== 0))
        rows.push({ name: 'missing', indent: true, figures: [...all.map((one) => count(one.missing)), ...none] })
      continue
    }
    const blanks = Array.from({ length: 1 + (grouped ? groups.length : 0) }, () => ({ text: '' }))
    rows.push({ name: `${variable.column}, n (%)`, figures: [...blanks, ...smd(variable.smd)] })
    for (const level of variable.levels) {
      const all = [level.overall, ...(grouped ? level.groups : [])]
      rows.push({ name: levelWords(level), indent: true, figures: [...all.map((one) => counted(one.n, one.share)), ...none] })
    }
  }
  return {
    title: 'Table 1',
    columns: ['', 'All', ...(grouped ? [...groups.map((group) => named(group.name)), 'SMD'] : [])],
    rows: rows.map((row) => padded(row, 1 + (grouped ? groups.length + 1 : 0))),
  }
}

const levelWords = ({ value, name }: { value: string | null; name?: string | undefined }): string =>
  value === null ? 'missing' : name === undefined ? value : `${value} ${name}`

const padded = (row: FigureTable['rows'][number], width: number) => ({
  ...row,
  figures: [...row.figures, ...Array.from({ length: Math.max(0, width - row.figures.length) }, () => ({ text: '' }))],
})

function survival({ groups, unit, logRank }: Of<'survival'>): FigureTable {
  const rows = groups.map(({ name, people, events, median }) => ({
    name: name ?? 'all',
    figures: [
      count(people),
      count(events),
      {
        text:
          median.value === null
            ? 'not reached'
            : `${number(median.value, 1)}${median.low === null && median.high === null ? '' : ` (${median.low === null ? '–' : number(median.low, 1)} to ${median.high === null ? '–' : number(median.high, 1)})`}`,
      },
    ],
  }))
  const test =
    logRank === null
      ? {}
      : {
          note: `Log-rank test: chi-squared ${number(logRank.statistic, 2)}, ${logRank.df} df, p ${logRank.p < 0.001 ? '' : '= '}${probability(logRank.p)}`,
        }
  return { title: 'Median survival', ...test, columns: ['', 'People', 'Events', `Median, ${unit}`], rows }
}

export const probability = (p: number): string => (p < 0.001 ? '< 0.001' : number(p, 3))

function incidence({ groups, unit, per, level }: Of<'incidence'>): FigureTable {
  const rows = groups.map(({ name, people, events, time, rate, low, high }) => ({
    name: name ?? 'all',
    figures: [
      count(people),
      count(events),
      plain(time, 0),
      plain(rate),
      { text: low === null || high === null ? '–' : `${number(low, 2)} to ${number(high, 2)}` },
    ],
  }))
  return {
    title: `Incidence per ${number(per, 0)} person-${unit}`,
    columns: ['', 'People', 'Events', `Person-${unit}`, 'Rate', `${number(100 * level, 0)} % interval`],
    rows,
  }
}

const nothing = 'nothing: complete in all'

function missing({ people, complete, variables, patterns, patternsLeftOut }: Of<'missing'>): FigureTable[] {
  return [
    {
      title: 'Missing values',
      columns: ['', 'Missing'],
      rows: variables.map(({ column, missing: n, share: part }) => ({ name: column, figures: [counted(n, part)] })),
    },
    {
      title: `What is missing together${patternsLeftOut > 0 ? `, ${patternsLeftOut} rarer patterns left out` : ''}`,
      columns: ['', 'People'],
      rows: [
        { name: 'all people', figures: [count(people)] },
        ...(patterns.some(({ missing: columns }) => columns.length === 0) ? [] : [{ name: nothing, figures: [count(complete)] }]),
        ...patterns.map(({ missing: columns, people: n, share: part }) => ({
          name: columns.join(', ') || nothing,
          figures: [counted(n, part)],
        })),
      ],
    },
  ]
}

function adherence({ groups, threshold }: Of<'adherence'>): FigureTable {
  const rows = groups.map(({ name, people, supplies, pdc, mpr, adherent }) => ({
    name: name ?? 'all',
    figures: [count(people), count(supplies), plain(pdc.mean), plain(pdc.median), plain(mpr.mean), counted(adherent.n, adherent.share)],
  }))
  return { title: 'Adherence', columns: ['', 'People', 'Supplies', 'PDC, mean', 'PDC, median', 'MPR, mean', `PDC ≥ ${threshold}`], rows }
}

// The last step lasts until the curve ends.
function untilItsEnd(drawn: readonly SurvivalStep[], end: number): SurvivalStep[] {
  const last = drawn.at(-1)
  return last !== undefined && last.time < end ? [...drawn, { ...last, time: end }] : [...drawn]
}

/** The curves as they may be drawn, with the people at risk as they may be told. */
export function curvesOf({ groups, atRisk }: SurvivalAnswer): Survival {
  const drawing = survivalDrawing(
    groups.map(({ name, drawn, ends }) => ({
      name: name ?? 'all',
      steps: untilItsEnd(drawn, ends.time).map(({ time, survival: left, low, high }) => ({
        time,
        share: left,
        lower: low,
        upper: high,
        atRisk: null,
      })),
    })),
  )
  const times = atRisk.times.filter((time) => time <= drawing.end)
  return {
    ...drawing,
    times: times.length > 1 ? times : axis([0, drawing.end], true, 6).ticks.filter((time) => time <= drawing.end),
    groups: drawing.groups
      .slice(0, seriesMax)
      .map((group, at) => ({ ...group, atRisk: times.map((_, index) => atRisk.counts[at]?.[index] ?? null) })),
  }
}

/** A figure as it stands in its column: the main number, and what follows it in brackets, beneath one another. */
export interface Parts {
  main: string
  rest: string
  /** Digits that a shorter percentage leaves out, drawn unseen. */
  lead: string
}

const inBrackets = /^(\S+) ([([].*)$/
const percent = /^\((\d+)\.\d+ %\)$/

/** By column the widest bracket in characters (0: no row has one), and the parts of each figure. */
export function partsOf(figures: readonly Figure[]): { width: number; parts: Parts[] } {
  const split = figures.map(({ text, hidden }) => {
    const found = hidden ? null : inBrackets.exec(text)
    return { main: found?.[1] ?? text, rest: found?.[2] ?? '' }
  })
  const digits = (rest: string) => percent.exec(rest)?.[1]?.length ?? 0
  const most = Math.max(0, ...split.map(({ rest }) => digits(rest)))
  const parts = split.map((one) => ({ ...one, lead: digits(one.rest) === 0 ? '' : '0'.repeat(most - digits(one.rest)) }))
  return { width: Math.max(0, ...parts.map(({ rest, lead }) => rest.length + lead.length)), parts }
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

export function figuresCsv(tables: readonly FigureTable[], about: string): string {
  const lines = [quoted(unformula(`# ${about}`))]
  for (const { title, note, columns, rows } of tables) {
    lines.push(
      quoted(unformula(title)),
      ...(note === undefined ? [] : [quoted(unformula(note))]),
      columns.map((name) => quoted(unformula(name))).join(','),
    )
    for (const row of rows) lines.push([unformula(row.name), ...row.figures.map((figure) => unformula(figure.text))].map(quoted).join(','))
  }
  return `${lines.join('\r\n')}\r\n`
}
