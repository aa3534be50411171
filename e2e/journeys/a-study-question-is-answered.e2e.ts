// Who lives with hypertension, how are they treated, how long do they live, by sex: asked by mouse and keys in an empty notebook, to the report.
import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

async function add(page: Page, kind: string): Promise<void> {
  await page.locator('.add-row').getByRole('button', { name: kind, exact: true }).click()
}

async function name(page: Page, cell: Locator, as: string): Promise<void> {
  await cell.getByRole('button', { name: /^Name: .*Rename$/ }).click()
  await page.getByLabel('Name of the result').fill(as)
  await page.keyboard.press('Enter')
}

async function choose(page: Page, cell: Locator, label: string, value: string): Promise<void> {
  await cell.getByRole('button', { name: new RegExp(`\\b${label}$`) }).click()
  await page.getByRole('option', { name: value, exact: true }).click()
}

async function ask(page: Page, cell: Locator, sql: string): Promise<void> {
  await cell.locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  await page.keyboard.press('Control+Enter')
  await expect(cell.locator('footer')).toContainText('snapshot')
}

const people = `select patient_key, gender as sex, marital_status, 2026 - birth_year as age,
  coalesce(deceased_year, 2026) - birth_year as years, deceased_year is not null as died
from cohort_hypertension join patients using (patient_key)`
const treated = `select coalesce(code_text, code) as drug, count(distinct patient_key) as people
from cohort_hypertension join medication_orders using (patient_key)
group by drug order by people desc, drug limit 10`

test('a study question, from an empty notebook to the report', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  const first = page.getByRole('region', { name: 'SQL cell result', exact: true })
  const region = (label: string) => page.getByRole('region', { name: label, exact: true })

  await test.step('who: a cohort by codes picked from those the study has', async () => {
    await add(page, 'Cohort')
    const cohort = page.getByRole('region', { name: /^Cohort cell/ })
    await name(page, cohort, 'hypertension')
    await cohort.getByRole('button', { name: 'Rule', exact: true }).click()
    await cohort.getByRole('button', { name: 'Pick codes of condition' }).click()
    const codes = cohort.getByRole('group', { name: 'Codes in conditions' })
    await codes.getByRole('searchbox').fill('hypertensive')
    await codes.getByRole('checkbox').first().check()
    await codes.getByRole('button', { name: 'Close the codes' }).click()
    await expect(cohort.locator('.cohort-count')).toContainText(/[1-9]\d* people/)
    await cohort.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(cohort).toContainText('cohort_hypertension v1')
    await inBothLooks(page, 'cohort')
  })

  await test.step('how treated: a statement over the cohort, and its chart as a drawing', async () => {
    await ask(page, first, treated)
    await first.getByRole('button', { name: 'Chart', exact: true }).click()
    const chart = page.getByRole('region', { name: /^Chart cell/ })
    await expect(chart.locator('.recharts-bar-rectangle path').first()).toBeVisible()
    await chart.getByRole('button', { name: 'PNG, SVG, CSV' }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Drawing, SVG' }).click()
    expect(readFileSync(await (await saved).path(), 'utf8')).toMatch(/snapshot .* epoch/)
  })

  await test.step('by sex: Table 1 and survival', async () => {
    await add(page, 'SQL')
    await ask(page, region('SQL cell result_2'), people)
    await name(page, region('SQL cell result_2'), 'people')
    for (const [figure, settle] of [
      ['Table 1', tableOne],
      ['Survival', survival],
    ] as const) {
      await add(page, 'Statistics')
      const cell = page.getByRole('region', { name: /^Statistics cell/ }).last()
      await choose(page, cell, 'Result', 'people')
      await choose(page, cell, 'Figure', figure)
      await settle(page, cell)
      await cell.getByRole('button', { name: 'Run', exact: true }).click()
      await expect(cell.locator('[data-report] table').first()).toBeVisible()
    }
    await expect(page.getByRole('region', { name: /^Statistics cell/ }).last()).toContainText('Log-rank')
    await inBothLooks(page, 'statistics')
  })

  await test.step('all of it again in order, and the report with every figure', async () => {
    await page.getByRole('button', { name: 'Run all' }).click()
    await expect(page.getByText(/Reproduced top to bottom/)).toBeVisible()
    await page.getByRole('button', { name: 'More for this notebook' }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: /Report, HTML/ }).click()
    const report = readFileSync(await (await saved).path(), 'utf8')
    expect(report).toMatch(/reproduced top to bottom/)
    expect(report).toMatch(/<table.*<th scope="row">everybody in the masked data<\/th>/)
    for (const word of ['cohort_hypertension', 'Log-rank', '<svg', 'Standardized', 'epoch']) expect(report).toContain(word)
  })
})

async function tableOne(page: Page, cell: Locator): Promise<void> {
  await cell.getByRole('button', { name: /^Variables/ }).click()
  await page
    .getByRole('menuitemcheckbox', { name: 'age' })
    .or(page.getByRole('menuitem', { name: 'age' }))
    .first()
    .click()
  await page.keyboard.press('Escape')
  await choose(page, cell, 'By', 'sex')
}

async function survival(page: Page, cell: Locator): Promise<void> {
  await choose(page, cell, 'Time', 'years')
  await choose(page, cell, 'Event', 'died')
  await choose(page, cell, 'By', 'sex')
}
