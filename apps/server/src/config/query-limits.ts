import { roles } from '@aquifer/core/access'

/** By role; what is not named is as it is for all. */
export type QueryLimits = Readonly<Record<string, Readonly<Partial<Limits>>>>
interface Limits {
  /** ms */
  time: number
  memoryMb: number
  rows: number
  spillMb: number
}

const names = {
  seconds: { as: 'time', times: 1_000, min: 1, max: 3_600 },
  memory: { as: 'memoryMb', times: 1, min: 64, max: 2_048 },
  rows: { as: 'rows', times: 1, min: 1, max: 10_000_000 },
  temp: { as: 'spillMb', times: 1, min: 16, max: 1_048_576 },
} as const
const isName = (name: string): name is keyof typeof names => Object.hasOwn(names, name)

/** `role:seconds=60,rows=1000;role:…` */
export function readQueryLimits(text: string | undefined, faults: string[]): QueryLimits {
  const limits: Record<string, Partial<Limits>> = {}
  for (const part of (text ?? '').split(';').filter((each) => each.trim() !== '')) {
    const [role = '', values = ''] = part.trim().split(':')
    if (!(roles as readonly string[]).includes(role)) faults.push(`AQUIFER_QUERY_LIMITS: ${role.slice(0, 32)} is not a role`)
    limits[role] = readLimits(values, faults)
  }
  return limits
}

function readLimits(text: string, faults: string[]): Partial<Limits> {
  const limits: Partial<Limits> = {}
  for (const pair of text.split(',')) {
    const [name = '', value = ''] = pair.trim().split('=')
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    const known = isName(name) ? names[name] : null
    if (known === null || !(number >= known.min && number <= known.max)) {
      const forms = Object.entries(names).map(([each, { min, max }]) => `${each}=${min}…${max}`)
      faults.push(`AQUIFER_QUERY_LIMITS: write role:${forms.join(',')}`)
    } else limits[known.as] = number * known.times
  }
  return limits
}
