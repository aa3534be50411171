// From an empty folder: people are loaded, an analyst signs in, asks, draws, and meets no identifier on the way.
import type { Page } from '@playwright/test'
import { plantedIdentifiers } from '@aquifer/core/generate'
import { expect, signIn, test, type Platform } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'
import { fromPaper } from '../world/people.js'

async function rows(platform: Platform, sql: string): Promise<Record<string, unknown>[]> {
  const asked = await platform.aquifer(['query', sql, '--study', 'HARBOR', '--format', 'json'])
  expect(asked.code, asked.stderr).toBe(0)
  return JSON.parse(asked.stdout) as Record<string, unknown>[]
}

async function write(page: Page, cell: string, sql: string): Promise<void> {
  await page
    .getByRole('region', { name: `SQL cell ${cell}` })
    .locator('.monaco-editor')
    .first()
    .click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
}

const cellOf = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })

test('an analyst asks, draws and sees nobody', async ({ page, platform, watched }) => {
  test.setTimeout(600_000)

  await test.step('the sign-in page, in both looks', async () => {
    await page.goto(platform.url)
    await page.getByLabel('User').fill('ada')
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await inBothLooks(page, 'sign-in')
  })

  await test.step('a wrong password opens nothing', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('alert')).toContainText('do not fit')
    await expect(page.getByLabel('Password', { exact: true })).toBeFocused()
  })

  await signIn(page, platform.url, 'ada')
  const [people] = await rows(platform, 'select count(*) n from patients')

  await test.step('home says what there is to ask', async () => {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Harbor Hypertension Registry')
    await expect(page.locator('.today')).toContainText(/\d+ people.*[\d,]+ resources.*safe-harbor v1/)
    await expect(page.getByRole('region', { name: 'What you can ask' })).toContainText(`patients`)
    await expect(page.getByRole('link', { name: 'Consent' })).toHaveCount(0)
  })

  await test.step('a cell answers as the command line does', async () => {
    const sql = 'select gender, count(*) as people from patients group by gender order by gender'
    const expected = await rows(platform, sql)
    await page.getByRole('link', { name: 'Notebooks' }).first().click()
    await page.getByRole('button', { name: 'New notebook' }).first().click()
    await write(page, 'result', sql)
    await page.keyboard.press('Control+Enter')
    const grid = page.getByRole('grid', { name: /^result:/ })
    await expect(grid.getByRole('gridcell')).toHaveText(expected.flatMap((row) => [String(row['gender']), String(row['people'])]))
    const footer = cellOf(page, 'result').locator('footer')
    await expect(footer).toContainText(/\d+ rows?.*snapshot \d\d \w{3} \d\d:\d\d.*epoch \d+.*safe-harbor v1/)
  })

  await test.step('a second cell reads the first by its name', async () => {
    await page.getByRole('button', { name: 'SQL', exact: true }).click()
    await write(page, 'result_2', 'select sum(people) as everybody from result')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('grid', { name: /^result_2:/ }).getByRole('gridcell')).toHaveText([String(people?.['n'])])
  })

  await test.step('a mistake is told at its place, with a way out', async () => {
    await write(page, 'result_2', 'select gendr from patients limit 3')
    await page.keyboard.press('Control+Enter')
    const fault = cellOf(page, 'result_2').getByRole('alert')
    await expect(fault).toContainText('gendr')
    await expect(cellOf(page, 'result_2').locator('.squiggly-error')).toBeVisible()
    await fault.getByRole('button', { name: 'gender', exact: true }).click()
    await cellOf(page, 'result_2')
      .getByRole('button', { name: 'Run result_2' })
      .or(page.getByRole('button', { name: 'Run result_2' }))
      .first()
      .click()
    await expect(page.getByRole('grid', { name: /^result_2:/ }).getByRole('gridcell')).toHaveCount(3)
  })

  await test.step('a chart draws the result', async () => {
    await cellOf(page, 'result').getByRole('button', { name: 'Chart', exact: true }).click()
    const chart = page.getByRole('region', { name: 'Chart cell result_chart' })
    await expect(chart.getByRole('img', { name: /bar chart of people by gender/ })).toBeVisible()
    await expect(chart.locator('.recharts-bar-rectangle path')).toHaveCount(
      (await rows(platform, 'select distinct gender from patients')).length,
    )
  })

  await test.step('a reload loses nothing', async () => {
    await expect(page.getByText(/^saved \d/)).toBeVisible()
    await expect(page.locator('.unsaved-dot')).toHaveCount(0)
    await page.reload()
    await expect(cellOf(page, 'result_2').locator('.view-lines')).toContainText('gender from patients')
  })

  await test.step('rows of people carry pseudonyms, and no identifier anywhere', async () => {
    await write(page, 'result_2', 'select * from patients order by patient_key limit 500')
    await page.keyboard.press('Control+Enter')
    await expect(cellOf(page, 'result_2').locator('footer')).toContainText(`${String(people?.['n'])} people`)
    for (const table of ['observations', 'conditions', 'encounters', '"Patient"']) {
      await write(page, 'result_2', `select * from ${table} limit 2000`)
      await page.keyboard.press('Control+Enter')
      await expect(
        cellOf(page, 'result_2').getByText('2,000 rows').or(cellOf(page, 'result_2').locator('.result-people')).first(),
      ).toBeVisible()
      await expect(cellOf(page, 'result_2').locator('.running-words')).toHaveCount(0)
    }
    const seen = `${await page.content()}\n${watched.answers.join('\n')}`
    expect(watched.answers.join('').length).toBeGreaterThan(50_000)
    expect(identifiersIn(seen)).toEqual([])
  })
})

test('the notebook of the example, in both looks', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  await page.getByRole('button', { name: 'Open the example' }).first().click()
  await page.getByRole('button', { name: 'Run all' }).click()
  await expect(page.getByText(/Reproduced top to bottom/)).toBeVisible({ timeout: 60_000 })
  await cellOf(page, 'by_decade').getByRole('button', { name: 'Lineage' }).click()
  await expect(page.getByRole('complementary', { name: 'Lineage of by_decade' })).toContainText('birth_year')
  await page.locator('.cells').evaluate((cells) => cells.scrollTo(0, 0))
  await inBothLooks(page, 'notebook')
})

/** Identifiers of the people that were loaded, without those whose values may stand in masked data by chance or by right. */
function identifiersIn(text: string): string[] {
  const planted = [...plantedIdentifiers({ patients: fromPaper.patients, seed: fromPaper.seed })]
  // A town may have given a site its name, and a short number is found anywhere.
  const telling = planted.filter(({ class: of, value }) => value.length >= 7 && (of !== 'B' || /\d/.test(value)))
  expect(telling.length).toBeGreaterThan(100)
  const lower = text.toLowerCase()
  return telling.filter(({ value }) => lower.includes(value.toLowerCase())).map((found) => `${found.class}: ${found.value}`)
}
