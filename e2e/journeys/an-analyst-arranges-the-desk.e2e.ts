// The catalogue, the tour that ends with a chart, tabs that are split, closed and reopened by keys, and a reload that finds them.
import { readFileSync } from 'node:fs'
import { accessible, expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'
import { picture } from '../world/screens.js'

test('an analyst looks around, takes the tour and arranges the desk by keys', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')

  await test.step('the catalogue tells of columns, and of nobody', async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    const table = page.getByRole('article', { name: 'Table patients' })
    await expect(table.getByRole('img', { name: /^gender: / })).toBeVisible({ timeout: 60_000 })
    await expect(table.getByRole('row', { name: /^birth_year number birthDate/ })).toContainText('kept to the year')
    await inBothLooks(page, 'catalogue')
    await page.getByRole('button', { name: 'Codebook' }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'For a spreadsheet, CSV' }).click()
    const lines = readFileSync(await (await saved).path(), 'utf8').split('\r\n')
    expect(lines[0]).toContain('Codebook of HARBOR')
    expect(lines.find((line) => line.startsWith('patients,flat,birth_year,'))).toContain('Patient.birthDate,kept to the year')
  })

  await test.step('the tour ends with a chart', async () => {
    await page.keyboard.press('Control+Shift+P')
    await page.getByRole('combobox', { name: 'Search or run a command' }).fill('take the tour')
    await page.keyboard.press('Enter')
    const tour = page.getByRole('complementary', { name: 'Tour' })
    await tour.getByRole('button', { name: 'Run it' }).click()
    await tour.getByRole('button', { name: 'Next' }).click()
    await tour.getByRole('button', { name: 'Next' }).click()
    await tour.getByRole('button', { name: 'Add the chart' }).click()
    await expect(page.getByRole('img', { name: /bar chart of women, men by decade/ })).toBeVisible()
    await tour.getByRole('button', { name: 'Done' }).click()
    await expect(tour).toHaveCount(0)
  })

  await test.step('a table lies beside the notebook, history below', async () => {
    await page.keyboard.press('Control+P')
    await page.getByRole('combobox', { name: 'Search or run a command' }).fill('conditions')
    await page.keyboard.press('Enter')
    const table = page.getByRole('article', { name: 'Table conditions' })
    await expect(table.getByRole('img', { name: /^code: / })).toBeVisible({ timeout: 60_000 })
    await page.keyboard.press('Control+\\')
    await page.keyboard.press('Control+j')
    await expect(page.getByRole('region', { name: 'History, jobs and problems' })).toContainText('birth_year // 10')
    await expect(page.getByRole('region', { name: 'Chart cell by_decade_chart' })).toBeVisible()
    await accessible(page, 'desk')
    await picture(page, 'desk-light')
  })

  await test.step('closed, reopened, and found again after a reload', async () => {
    const tabs = page.getByRole('tablist').getByRole('tab', { name: /All notebooks|A first look|conditions/ })
    await expect(tabs).toHaveText(['All notebooks', 'A first look', 'conditions'])
    await page.keyboard.press('Alt+w')
    await expect(tabs).toHaveText(['All notebooks', 'A first look'])
    await page.keyboard.press('Alt+Shift+T')
    await expect(page.getByRole('article', { name: 'Table conditions' })).toBeVisible()
    await page.reload()
    await expect(tabs).toHaveText(['All notebooks', 'A first look', 'conditions'])
    await expect(page.getByRole('article', { name: 'Table conditions' })).toBeVisible()
  })

  await test.step('all keys are listed, and F6 goes through the page', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Control+s')
    const keys = page.getByRole('dialog', { name: 'Keyboard' })
    await expect(keys).toContainText('Reopen the tab that was closed last')
    await keys.getByRole('checkbox').click()
    await page.keyboard.press('Escape')
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    await expect(page.getByRole('article', { name: 'Table conditions' })).toBeVisible()
    await page.locator('.title-bar').getByRole('button').first().focus()
    await page.keyboard.press('F6')
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link').first()).toBeFocused()
  })
})
