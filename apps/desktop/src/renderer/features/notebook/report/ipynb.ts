import { z } from 'zod'
import { cellSourceMax, cutName, notebookCell, notebookCellsMax } from '@aquifer/core/contract'
import { freeName, isCellName, type Cell, type Page } from '../model.js'
import type { Draft } from '../useCreateNotebook.js'

// nbformat 4.5, https://nbformat.readthedocs.io/en/latest/format_description.html. SQL stays SQL; what other programs do not know
// (charts, parameters, figures, cohorts) lies in the metadata of a cell that says it in words. Results are rows of masked data and
// do not leave in this file.

type Extra = Pick<Cell, 'chart' | 'parameter' | 'statistics' | 'cohort'>

export function toIpynb(page: Page): string {
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      title: page.title,
      ...(page.cut === null ? {} : { aquifer: { cut: page.cut } }),
      kernelspec: { name: 'sql', display_name: 'SQL', language: 'sql' },
      language_info: { name: 'sql', mimetype: 'text/x-sql', file_extension: '.sql' },
    },
    cells: page.cells.map(written),
  }
  return `${JSON.stringify(notebook, null, 1)}\n`
}

function written(cell: Cell) {
  const { id, kind, name, source, ...rest } = cell
  const extra = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Extra
  const metadata = { aquifer: { kind, name, ...extra } }
  const safeId = /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : id.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64)
  if (kind === 'sql')
    return {
      cell_type: 'code',
      id: safeId,
      metadata: { ...metadata, vscode: { languageId: 'sql' } },
      execution_count: null,
      outputs: [],
      source: lines(source),
    }
  return { cell_type: 'markdown', id: safeId, metadata, source: lines(kind === 'markdown' ? source : inWords(cell)) }
}

const lines = (text: string): string[] => text.split(/(?<=\n)/)

function inWords({ kind, name, chart, parameter, statistics }: Cell): string {
  if (chart) return `*Chart ${name}: ${chart.caption ?? `${chart.type} of ${chart.y.join(', ') || chart.x} from ${chart.of}`}*`
  if (parameter) return `*Parameter $${name} (${parameter.type}): ${JSON.stringify(parameter.value)}*`
  if (statistics) return `*Statistics ${name}: ${statistics.kind} of ${statistics.of}*`
  return `*${kind} ${name}*`
}

const sourceText = z.union([z.string(), z.array(z.string()).transform((parts) => parts.join(''))])
const foreignCell = z.object({
  cell_type: z.string(),
  metadata: z.looseObject({ vscode: z.object({ languageId: z.string().optional() }).optional().catch(undefined) }).catch({}),
  source: sourceText,
})
const foreign = z.object({
  nbformat: z.literal(4),
  metadata: z
    .looseObject({
      title: z.string().optional().catch(undefined),
      aquifer: z.object({ cut: cutName }).optional().catch(undefined),
      language_info: z.looseObject({ name: z.string() }).optional().catch(undefined),
      kernelspec: z.looseObject({ language: z.string().optional() }).optional().catch(undefined),
    })
    .catch({}),
  cells: z.array(foreignCell).max(notebookCellsMax),
})

const ours = notebookCell.omit({ id: true, source: true })

export type ReadIpynb = Draft | { fault: string }

/** A notebook of this or another program. Code of another language is kept as text: nothing that was written is lost. */
export function fromIpynb(text: string, fileName: string): ReadIpynb {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { fault: 'The file is not JSON.' }
  }
  const read = foreign.safeParse(parsed)
  if (!read.success) return { fault: 'The file is no notebook of nbformat 4.' }
  const { metadata, cells } = read.data
  if (cells.some((cell) => cell.source.length > cellSourceMax)) return { fault: `A cell is longer than ${cellSourceMax} characters.` }
  const language = metadata.language_info?.name ?? metadata.kernelspec?.language ?? 'python'
  const made: Omit<Cell, 'id'>[] = []
  for (const cell of cells) made.push(readCell(cell, language, made))
  const title = metadata.title?.trim() || fileName.replace(/\.ipynb$/i, '')
  return {
    title: title.slice(0, 200) || 'Imported notebook',
    ...(metadata.aquifer === undefined ? {} : { cut: metadata.aquifer.cut }),
    cells: made,
  }
}

type Foreign = z.infer<typeof foreignCell>

function readCell(cell: Foreign, language: string, before: readonly Omit<Cell, 'id'>[]): Omit<Cell, 'id'> {
  const own = ours.safeParse(cell.metadata['aquifer'])
  if (own.success) {
    const { name, kind } = own.data
    const kept = kind === 'markdown' ? '' : freeName(before, isCellName(name) ? name : 'result')
    return { ...own.data, name: kept, source: kind === 'sql' || kind === 'markdown' ? cell.source : '' }
  }
  if (cell.cell_type === 'markdown') return { kind: 'markdown', name: '', source: cell.source }
  const magic = /^\s*%%(?:sql|duckdb|bigquery)\b[^\n]*\n?/i.exec(cell.source)
  const isSql = magic !== null || /sql/i.test(cell.metadata.vscode?.languageId ?? language)
  if (cell.cell_type === 'code' && isSql)
    return { kind: 'sql', name: freeName(before, 'result'), source: cell.source.slice(magic?.[0].length ?? 0) }
  return { kind: 'markdown', name: '', source: `\`\`\`${cell.cell_type === 'code' ? language : ''}\n${cell.source}\n\`\`\`` }
}
