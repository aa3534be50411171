// Cells that the documents show, with figures in them; of use only where pictures are taken.
import type { NotebookCell } from '@aquifer/core/contract'
import type { Page } from '@playwright/test'
import { expect, signIn, test, type Platform } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

const sql = (name: string, source: string): NotebookCell => ({ id: name, kind: 'sql', name, source })
const cells: NotebookCell[] = [
  {
    id: 'hypertension',
    kind: 'cohort',
    name: 'hypertension',
    source: '',
    cohort: {
      criteria: {
        all: [
          { is: 'condition', of: { system: 'http://snomed.info/sct', codes: ['38341003'] } },
          { is: 'age', min: 18, on: '2026-01-01' },
          { is: 'sex', in: ['female', 'male'] },
        ],
      },
    },
  },
  sql(
    'adults',
    `select patient_key, gender as sex, marital_status,
       2026 - birth_year as age,
       coalesce(deceased_year, 2026) - birth_year as years,
       deceased_year is not null as died
from patients
where birth_year < 2008 and gender in ('female', 'male')`,
  ),
  {
    id: 'table_one',
    kind: 'statistics',
    name: 'table_one',
    source: '',
    statistics: { kind: 'table-one', of: 'adults', variables: ['age', 'marital_status'], group: 'sex' },
  },
  {
    id: 'survival',
    kind: 'statistics',
    name: 'survival',
    source: '',
    statistics: { kind: 'survival', of: 'adults', variables: [], time: 'years', event: 'died', group: 'sex', unit: 'years' },
  },
]

async function take({ page, platform }: { page: Page; platform: Platform }): Promise<void> {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  const id = await page.evaluate(
    async (body) => {
      const { token } = JSON.parse(sessionStorage.getItem('aquifer.session')!) as { token: string }
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const made = await fetch('/query/api/v1/notebooks', { method: 'POST', headers, body: JSON.stringify(body) })
      return ((await made.json()) as { id: string }).id
    },
    { study: 'HARBOR', title: 'Who lives with hypertension', cells },
  )
  await page.evaluate((to) => (location.hash = to), `#/notebooks/${id}`)
  const cell = (name: string) => page.getByRole('region', { name })

  await expect(cell('Cohort cell hypertension')).toContainText('people')
  await page.getByRole('button', { name: 'Run all' }).click()
  await expect(page.getByText(/Reproduced top to bottom/)).toBeVisible({ timeout: 60_000 })
  await page.locator('.cells').evaluate((element) => element.scrollTo(0, 0))
  await inBothLooks(page, 'cohort')
  await cell('Statistics cell table_one').evaluate((element) => element.scrollIntoView({ block: 'start' }))
  await expect(page.getByRole('button', { name: 'Run all' })).toBeInViewport()
  await inBothLooks(page, 'statistics')

  await page.keyboard.press('Control+j')
  const below = page.getByRole('region', { name: 'History, jobs and problems' })
  await below.locator('.history-row .bottom-row').first().click()
  await inBothLooks(page, 'history')
}

if (process.env['AQUIFER_SCREENSHOTS'] !== undefined) test('a cohort, statistics and the history', { tag: '@long' }, take)
