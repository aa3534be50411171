// The matrix's rows of statistics and cohorts: who may ask each address, and how it is asked.
import type { Role } from '@aquifer/core/access'

interface StatisticsRow {
  may: readonly Role[]
  url?: string
  body?: () => Record<string, unknown>
}

const analysts: Role[] = ['analyst', 'researcher']
const readers: Role[] = [...analysts, 'study-manager', 'privacy-officer', 'auditor']

export const statisticsRows = {
  statistics: { may: [...analysts, 'study-manager'], body: () => ({}) },
  countCohort: { may: [...analysts, 'study-manager', 'privacy-officer'], body: () => ({}) },
  cohorts: { may: readers, url: '/query/api/v1/cohorts?study={study}' },
  createCohort: { may: analysts, body: () => ({}) },
  cohort: { may: readers, url: '/query/api/v1/cohorts/none?study={study}' },
  saveCohort: { may: analysts, url: '/query/api/v1/cohorts/none', body: () => ({}) },
  cohortDiff: { may: readers, url: '/query/api/v1/cohorts/none/diff?study={study}&from=1&to=2' },
} satisfies Record<string, StatisticsRow>
