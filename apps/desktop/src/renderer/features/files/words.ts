import type { FileWarning } from '@aquifer/core/contract'
import { count } from '../../ui/format.js'

const units = ['bytes', 'kB', 'MB', 'GB'] as const

export function size(bytes: number): string {
  const at = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** at
  return `${at === 0 ? count(bytes) : value.toFixed(value < 10 ? 1 : 0)} ${units[at]}`
}

const kinds: Readonly<Record<FileWarning['kind'], [one: string, many: string]>> = {
  'social-security-number': ['looks like a social security number', 'look like social security numbers'],
  email: ['looks like a mail address', 'look like mail addresses'],
  phone: ['looks like a phone number', 'look like phone numbers'],
  'date-of-birth': ['is called like a date of birth', 'are called like a date of birth'],
  'name-column': ['is called like a name', 'are called like names'],
  'identifier-column': ['is called like an identifier or a contact', 'are called like identifiers or contacts'],
}

export function warningWords({ kind, count: times, where }: FileWarning): string {
  const [one, many] = kinds[kind]
  if (!where.startsWith('line')) return `${where[0]?.toUpperCase() ?? ''}${where.slice(1)} ${one}`
  return `${count(times)} ${times === 1 ? 'value' : 'values'} ${times === 1 ? one : many}, first in ${where}`
}
