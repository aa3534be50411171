// What holds for every screen: no foreign script runs, the screen locks and keeps the work, keys reach everything.
import { demoPassword, expect, signIn, test } from '../world/index.js'

test('an injected script does not run', async ({ page, platform, watched }) => {
  await signIn(page, platform.url, 'ada')
  const violated = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective))
        const script = document.createElement('script')
        script.textContent = 'window.injected = true'
        document.body.append(script)
      }),
  )
  expect(violated).toContain('script-src')
  expect(await page.evaluate(() => 'injected' in window)).toBe(false)
  // The browser's own word about the refusal is the point of this test, not a fault.
  expect(watched.complaints.filter((line) => !/Content Security Policy|violates/.test(line))).toEqual([])
  watched.complaints.length = 0
})

test('the screen locks, and the work stays', async ({ page, platform }) => {
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.insertText('select 41 + 1 as answer')
  await page.getByRole('button', { name: /: account, look/ }).click()
  await page.getByRole('menuitem', { name: 'Lock the screen' }).click()
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible()
  await expect(page.locator('.view-lines').first()).toBeHidden()
  await page.getByLabel('Password', { exact: true }).fill(demoPassword)
  await page.keyboard.press('Enter')
  await expect(page.locator('.view-lines').first()).toContainText('select 41 + 1 as answer')
})

test('a notebook is written, run, read and drawn by keyboard alone', async ({ page, platform }) => {
  await signIn(page, platform.url, 'ada')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill('new note')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'SQL cell result' })).toBeVisible()
  await page.getByRole('region', { name: 'SQL cell result' }).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type('select n, 10 * n as tens from range(5) t(n) order by n')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Enter')
  const grid = page.getByRole('grid', { name: /^result:/ })
  await expect(grid).toBeVisible()
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Control+c')
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('n\n1\n2')
  // The head sorts: up out of the rows, Enter twice for descending.
  await page.keyboard.press('Control+ArrowUp')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect(grid.getByRole('gridcell').first()).toHaveText('4')
  await expect(grid.getByRole('columnheader').first()).toHaveAttribute('aria-sort', 'descending')
  // From the result to a figure that leaves: the chart's own keys, then its menu.
  await page.getByRole('region', { name: 'SQL cell result' }).getByRole('button', { name: 'Chart', exact: true }).focus()
  await page.keyboard.press('Enter')
  const chart = page.getByRole('region', { name: 'Chart cell result_chart' })
  await expect(chart.getByRole('img', { name: /chart of tens/ })).toBeVisible()
  await chart.getByRole('button', { name: 'PNG, SVG, CSV' }).focus()
  await page.keyboard.press('Enter')
  const saved = page.waitForEvent('download')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  expect((await saved).suggestedFilename()).toBe('result_chart.svg')
})
