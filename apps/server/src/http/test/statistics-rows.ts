// The matrix's rows of statistics: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

interface StatisticsRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
}

const analysts: Role[] = ['analyst', 'researcher']

export const statisticsRows = {
  statistics: { may: analysts, body: () => ({}) },
} satisfies Record<string, StatisticsRow>
