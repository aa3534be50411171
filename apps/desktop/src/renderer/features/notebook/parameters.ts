import type { NotebookParameter, StatementParameter } from '@aquifer/core/contract'

/** A parameter as the statement is given it: bound by the engine, never part of the text. */
export function parameterValue(parameter: NotebookParameter): StatementParameter {
  switch (parameter.type) {
    case 'date':
      return { type: 'date', value: parameter.value }
    case 'number':
      return { type: 'number', value: parameter.value }
    case 'text':
    case 'choice':
      return { type: 'text', value: parameter.value }
    case 'codes':
      return { type: 'text-list', value: parameter.value }
  }
}

export const parameterTypes = [
  { id: 'date', label: 'Date' },
  { id: 'number', label: 'Number' },
  { id: 'text', label: 'Text' },
  { id: 'choice', label: 'Choice' },
  { id: 'codes', label: 'Codes' },
] as const

export function emptyParameter(type: NotebookParameter['type']): NotebookParameter {
  if (type === 'codes') return { type, value: [] }
  if (type === 'choice') return { type, value: '', choices: [] }
  if (type === 'text') return { type, value: '' }
  return { type, value: null }
}

/** One value a line or between commas. */
export const listOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n,;]/)
      .map((word) => word.trim())
      .filter(Boolean),
  ),
]

/** The value in a few words. */
export function told(value: StatementParameter['value'] | undefined): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (Array.isArray(value))
    return value.length > 3 ? `${value.slice(0, 3).join(', ')} and ${value.length - 3} more` : value.join(', ') || 'nothing'
  return String(value)
}
