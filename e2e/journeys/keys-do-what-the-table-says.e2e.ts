// Every row of the table of keys, pressed once; then one of them changed by hand, its conflict named.
import type { Page } from '@playwright/test'
import { demoPassword, expect, signIn, test } from '../world/index.js'

const cell = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })
const cells = (page: Page) => page.locator('.cells > .cell')
const text = (page: Page, name: string) => cell(page, name).locator('.view-lines')

/** The first Escape may close what the editor proposes. */
const leave = (page: Page, name: string) =>
  expect(async () => {
    await page.keyboard.press('Escape')
    await expect(cell(page, name)).toBeFocused({ timeout: 500 })
  }).toPass()

function lowestToastIsAbove(panel: string): boolean {
  const toasts = [...document.querySelectorAll('[data-sonner-toast][data-front="true"]')].map((each) => each.getBoundingClientRect().bottom)
  const top = document.querySelector(panel)?.getBoundingClientRect().top ?? 0
  return toasts.length > 0 && Math.max(...toasts) <= top
}

test('each key of the table does what it says', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'ada')
  const palette = page.getByRole('combobox', { name: 'Search or run a command' })

  await test.step('palette: Ctrl+Shift+P, F1, Ctrl+P', async () => {
    for (const key of ['Control+Shift+P', 'F1', 'Control+p']) {
      await page.keyboard.press(key)
      await expect(palette).toBeFocused()
      await page.keyboard.press('Escape')
      await expect(palette).toHaveCount(0)
    }
    await page.keyboard.press('Control+Shift+P')
    await palette.fill('new notebook')
    await page.keyboard.press('Enter')
    await expect(cell(page, 'result')).toBeVisible()
  })

  await test.step('run: Ctrl+Enter, Shift+Enter, Alt+Enter; Escape and Enter', async () => {
    await cell(page, 'result').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.insertText('select 1 as n')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('grid', { name: /^result:/ })).toBeVisible()
    await page.keyboard.press('Alt+Enter')
    await expect(cell(page, 'result_2')).toBeVisible()
    await page.keyboard.insertText('select 2 as n')
    await leave(page, 'result_2')
    await page.keyboard.press('ArrowUp')
    await expect(cell(page, 'result')).toBeFocused()
    await page.keyboard.press('Enter')
    await leave(page, 'result')
    await page.keyboard.press('Shift+Enter')
    await expect(cell(page, 'result_2')).toBeFocused()
  })

  await test.step('cells: A, B, D D, Z, M, Y, Alt+arrows', async () => {
    await page.keyboard.press('b')
    await expect(cells(page)).toHaveCount(3)
    await page.keyboard.press('Escape')
    await page.keyboard.press('a')
    await expect(cells(page)).toHaveCount(4)
    await page.keyboard.press('Escape')
    await page.keyboard.press('d')
    await expect(cells(page)).toHaveCount(4)
    await page.keyboard.press('d')
    await expect(cells(page)).toHaveCount(3)
    await page.keyboard.press('z')
    await expect(cells(page)).toHaveCount(4)
    await cell(page, 'result_2').focus()
    await page.keyboard.press('Alt+ArrowUp')
    await expect(cells(page).first()).toContainText('result_2')
    await expect(cell(page, 'result_2')).toBeFocused()
    await page.keyboard.press('m')
    await expect(page.getByRole('region', { name: /^Text/ })).toContainText('select 2 as n')
    await page.getByRole('region', { name: /^Text/ }).focus()
    await page.keyboard.press('y')
    await expect(text(page, 'result_2')).toContainText('select 2 as n')
  })

  await test.step('stop: I I, Ctrl+.', async () => {
    await cell(page, 'result_2').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText('select count(*) as n from range(100000000) a, range(100000) b')
    for (const stop of [['Control+.'], ['Escape', 'i', 'i']]) {
      await page.keyboard.press('Control+Enter')
      await expect(page.locator('.running-words')).toBeVisible()
      for (const key of stop) await page.keyboard.press(key)
      await expect(cell(page, 'result_2')).toContainText('Stopped after')
    }
  })

  await test.step('text: Shift+Alt+F, Ctrl+/, Ctrl+M; Ctrl+S', async () => {
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText('select 3 as n, $as_of as day')
    await page.keyboard.press('Shift+Alt+F')
    await expect(text(page, 'result_2').locator('.view-line')).toHaveCount(3)
    await page.keyboard.press('Control+/')
    await expect(text(page, 'result_2')).toContainText('--')
    await page.keyboard.press('Control+/')
    await page.keyboard.press('Control+m')
    await page.keyboard.press('Tab')
    await expect(cell(page, 'result_2').locator('textarea, .native-edit-context').first()).not.toBeFocused()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Control+m')
    await page.keyboard.press('Control+s')
    await expect(page.getByText(/Saved as version \d+/)).toBeVisible()
  })

  await test.step('page: Ctrl+B, Ctrl+J, F6, Shift+F6, closed and reopened, Ctrl+L', async () => {
    await page.keyboard.press('Escape')
    const side = page.locator('aside.side')
    await expect(side).toBeVisible()
    await page.keyboard.press('Control+b')
    await expect(side).toHaveCount(0)
    await page.keyboard.press('Control+b')
    const bottom = page.getByRole('region', { name: 'History, jobs and problems' })
    await page.keyboard.press('Control+s')
    await page.keyboard.press('Control+j')
    await expect(bottom).toBeVisible()
    await expect.poll(() => page.evaluate(lowestToastIsAbove, '.bottom')).toBe(true)
    await page.keyboard.press('Control+j')
    await expect(bottom).toHaveCount(0)
    const focused = () =>
      page.evaluate(
        () => document.activeElement?.closest('.title-bar, .rail, .side, .dv-groupview, .inspector, .status-bar')?.className ?? '',
      )
    const before = await focused()
    await page.keyboard.press('F6')
    await expect.poll(focused).not.toBe(before)
    await page.keyboard.press('Shift+F6')
    await expect.poll(focused).toBe(before)
    await page.keyboard.press('Alt+w')
    await expect(cells(page)).toHaveCount(0)
    await page.keyboard.press('Alt+Shift+T')
    await expect(cell(page, 'result')).toBeVisible()
    await page.keyboard.press('Control+l')
    await page.getByLabel('Password', { exact: true }).fill(demoPassword)
    await page.keyboard.press('Enter')
    await expect(cell(page, 'result')).toBeVisible()
  })

  await test.step('Ctrl+K Ctrl+S: one is changed, a taken one is named', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Control+s')
    const keys = page.getByRole('dialog', { name: 'Keyboard' })
    await keys.getByRole('button', { name: 'Change the keys of: Lock the screen' }).click()
    await page.keyboard.press('Control+b')
    await expect(keys.getByRole('alert')).toHaveText('Taken by: Show or hide the side bar')
    await page.keyboard.press('Escape')
    await keys.getByRole('button', { name: 'Change the keys of: Show or hide the side bar' }).click()
    await page.keyboard.press('Control+Shift+U')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    const side = page.locator('aside.side')
    await page.keyboard.press('Control+b')
    await expect(side).toBeVisible()
    await page.keyboard.press('Control+Shift+U')
    await expect(side).toHaveCount(0)
    await page.reload()
    await expect(cell(page, 'result')).toBeVisible()
    await page.keyboard.press('Control+Shift+U')
    await expect(side).toBeVisible()
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Control+s')
    await keys.getByRole('button', { name: 'All keys as they were' }).click()
    await page.keyboard.press('Escape')
  })
})
