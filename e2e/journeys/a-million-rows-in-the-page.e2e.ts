// A million rows of eight columns in the page: all of them can be reached, and they take the memory they may.
import { expect, signIn, test } from '../world/index.js'
import { during, responses, watchResponses } from '../world/responses.js'

const memoryMax = 300 * 1024 * 1024
const statement = `SELECT md5(range::VARCHAR) AS id, md5((range % 11000)::VARCHAR) AS patient_key, (8000 + range % 300)::VARCHAR AS code,
  'Body height of a person, number ' || (range % 300) AS code_text, range % 1900 / 10 AS value_number, 'mmol/L' AS value_unit,
  1950 + range % 70 AS effective_year, 'final' AS status FROM range(1000000)`

test('a million rows are reached by wheel and keys within 300 MB', { tag: '@long' }, async ({ browser, platform }) => {
  test.setTimeout(600_000)
  // A page of its own: what is read along by the test would take memory, too.
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const devtools = await page.context().newCDPSession(page)
  const memory = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage')
    const used = (await devtools.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
    return used.usedSize + (used.backingStorageSize ?? 0)
  }
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  const cell = page.getByRole('region', { name: 'SQL cell result', exact: true })
  await cell.locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(statement)
  await page.keyboard.press('Control+Enter')
  await cell.getByRole('button', { name: /^Fetch (all 1,000,000|more)$/ }).click({ timeout: 60_000 })
  const grid = page.getByRole('grid', { name: /^result: 1,000,000 rows/ })
  await expect(grid).toBeVisible({ timeout: 120_000 })
  await watchResponses(page)

  await test.step('by wheel and keys to the last row and back', async () => {
    await grid.hover()
    await during(page, 'scroll by wheel', async () => {
      for (let turn = 0; turn < 40; turn += 1) await page.mouse.wheel(0, turn % 2 === 0 ? 900 : 60_000)
    })
    await grid.getByRole('gridcell').first().click()
    await during(page, 'pages by key', async () => {
      for (let turn = 0; turn < 20; turn += 1) await page.keyboard.press('PageDown')
    })
    await page.keyboard.press('Control+End')
    await expect(grid.locator('[aria-rowindex="1000001"]')).toContainText('final')
    await page.keyboard.press('Control+Home')
    await expect(grid.locator('[aria-rowindex="2"]')).toBeVisible()
  })
  expect(await memory()).toBeLessThan(memoryMax)

  await test.step('typing, the palette and tabs, with the million beside them', async () => {
    await cell.locator('.monaco-editor').first().click()
    await page.keyboard.press('Control+End')
    await during(page, 'typing', () => page.keyboard.type(' -- one million rows of eight columns', { delay: 20 }))
    for (let turn = 0; turn < 5; turn += 1) {
      await during(page, 'palette', () => page.keyboard.press('Control+Shift+P'))
      await expect(page.getByRole('combobox', { name: 'Search or run a command' })).toBeFocused()
      await page.keyboard.press('Escape')
    }
    const tabs = page.getByRole('tablist').getByRole('tab')
    for (let turn = 0; turn < 6; turn += 1) await during(page, 'tabs', () => tabs.nth(turn % 2).click())
  })
  test.info().annotations.push({ type: 'responses in ms, of those from 16 on', description: JSON.stringify(await responses(page)) })
  test.info().annotations.push({ type: 'memory', description: `${Math.round((await memory()) / 1024 ** 2)} MB` })
  await page.close()
})
