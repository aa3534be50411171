// What was asked, typed and made stays: through a reload, a broken network, a locked screen; and the page asks nobody but its server.
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { demoPassword, expect, signIn, test } from '../world/index.js'

const cellOf = (page: Page, name: string) => page.getByRole('region', { name: `SQL cell ${name}`, exact: true })

async function ask(page: Page, sql: string): Promise<void> {
  await cellOf(page, 'result').locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
}

/** Every request to another origin fails, and is told. */
async function alone(page: Page, url: string): Promise<string[]> {
  const foreign: string[] = []
  await page.context().route(
    (asked) => asked.origin !== new URL(url).origin && asked.protocol !== 'blob:' && asked.protocol !== 'data:',
    (route) => {
      foreign.push(route.request().url())
      return route.abort()
    },
  )
  return foreign
}

const counted = 'select gender, count(*) as people from patients group by gender order by gender'
const long = 'select count(*) as n from range(100000000) a, range(100000) b'

/** What the page keeps on the disk of this machine. */
function isInJournal(words: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const opened = indexedDB.open('aquifer-journal', 1)
    opened.addEventListener('error', () => reject(new Error('no journal')))
    opened.addEventListener('success', () => {
      const texts = opened.result.transaction('texts').objectStore('texts').getAll()
      texts.addEventListener('success', () => {
        opened.result.close()
        resolve((texts.result as string[]).some((text) => text.includes(words)))
      })
    })
  })
}

test('rows are there after a reload, and the page asks nobody but its server', async ({ page, platform }) => {
  const foreign = await alone(page, platform.url)
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  await ask(page, counted)
  await page.getByRole('button', { name: 'Run result', exact: true }).click()
  const cells = page.getByRole('grid', { name: /^result:/ }).getByRole('gridcell')
  await expect(cells.first()).toBeVisible()
  const before = await cells.allTextContents()
  await expect(page.locator('.unsaved-dot')).toHaveCount(0)
  let asked = 0
  page.on('request', (request) => (asked += Number(request.method() === 'POST' && request.url().endsWith('/statements'))))
  await page.reload()
  await expect(cells).toHaveText(before)
  expect(asked).toBe(0)
  expect(foreign).toEqual([])
})

test('from the question to the figure by mouse, and what becomes of it', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  const foreign = await alone(page, platform.url)
  await signIn(page, platform.url, 'ada')
  const bottom = page.getByRole('region', { name: 'History, jobs and problems' })
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()

  await test.step('asked, drawn, exported', async () => {
    await ask(page, counted)
    await page.getByRole('button', { name: 'Run result', exact: true }).click()
    await expect(page.getByRole('grid', { name: /^result:/ })).toBeVisible()
    await cellOf(page, 'result').getByRole('button', { name: 'Chart', exact: true }).click()
    const chart = page.getByRole('region', { name: 'Chart cell result_chart' })
    await chart.getByRole('button', { name: 'PNG, SVG, CSV' }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Drawing, SVG' }).click()
    expect(readFileSync(await (await saved).path(), 'utf8')).toMatch(/snapshot .* epoch/)
  })

  await test.step('the whole result leaves by a job that counts it', async () => {
    await cellOf(page, 'result').getByRole('button', { name: 'Download', exact: true }).click()
    const saved = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Parquet' }).click()
    expect(
      readFileSync(await (await saved).path())
        .subarray(0, 4)
        .toString('latin1'),
    ).toBe('PAR1')
    await page.keyboard.press('Control+j')
    await bottom.getByRole('tab', { name: 'Jobs' }).click()
    await expect(bottom.getByText(/\.parquet · \d+ rows? · .* · sha256 [0-9a-f]{12}… · until/).first()).toBeVisible()
  })

  await test.step('a run survives a reload, a broken network and the lock, and stops', async () => {
    await ask(page, long)
    await page.keyboard.press('Control+Enter')
    await expect(cellOf(page, 'result').locator('.running-words')).toBeVisible()
    await expect(page.locator('.unsaved-dot')).toHaveCount(0)
    await page.reload()
    await expect(cellOf(page, 'result').locator('.running-words')).toBeVisible()
    await page.context().setOffline(true)
    await expect(cellOf(page, 'result').locator('.running-words')).toContainText('no answer at the moment')
    await expect(page.locator('.offline-bar')).toContainText('Edits are kept here')
    await page.context().setOffline(false)
    await expect(cellOf(page, 'result').locator('.running-words')).not.toContainText('no answer', { timeout: 30_000 })
    await page.keyboard.press('Control+l')
    await page.getByLabel('Password', { exact: true }).fill(demoPassword)
    await page.keyboard.press('Enter')
    await expect(cellOf(page, 'result').locator('.running-words')).toBeVisible()
    await cellOf(page, 'result').focus()
    await page.keyboard.press('i')
    await page.keyboard.press('i')
    await expect(cellOf(page, 'result')).toContainText('Stopped after')
  })

  await test.step('the history finds, pins, compares and opens again with rows', async () => {
    await bottom.getByRole('tab', { name: 'History' }).click()
    await bottom.getByRole('searchbox').fill('group by gender')
    const row = bottom.locator('.history-row', { hasText: counted }).first()
    await row.getByRole('button', { name: 'Pin this question', exact: true }).click()
    await expect(row.getByRole('button', { name: 'Unpin this question' })).toBeVisible()
    await bottom.getByRole('searchbox').fill('')
    await expect(bottom.locator('.history-row', { hasText: 'range(100000000)' }).first()).toBeVisible()
    await expect(bottom.locator('.history-row').first()).toContainText('group by gender')
    await bottom.locator('.history-row').first().locator('.bottom-row').click()
    await bottom.getByRole('button', { name: 'Compare' }).click()
    await bottom.locator('.history-row', { hasText: 'range(100000000)' }).first().locator('.bottom-row').click()
    await expect(bottom.locator('.history-sql [data-is="added"]')).toContainText('range(100000000)')
    await bottom.getByRole('button', { name: 'End comparison' }).click()
    await bottom.getByRole('button', { name: 'Open with its rows' }).click()
    await expect(
      page
        .getByRole('grid', { name: /^result:/ })
        .getByRole('gridcell')
        .first(),
    ).toBeVisible()
    await expect(page.getByRole('tab', { name: /From an earlier question/ })).toBeVisible()
  })

  await test.step('the panel keeps its height, by key', async () => {
    const edge = bottom.getByRole('separator', { name: 'Height of the panel' })
    const before = Number(await edge.getAttribute('aria-valuenow'))
    await edge.focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('PageUp')
    await expect(edge).toHaveAttribute('aria-valuenow', String(before + 144))
    await page.reload()
    await expect(edge).toHaveAttribute('aria-valuenow', String(before + 144))
    await bottom.getByRole('button', { name: 'Hide the bottom panel' }).click()
  })

  await test.step('what was typed and never saved is listed at the next start', async () => {
    await page
      .context()
      .route('**/query/api/v1/notebooks/*', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
    await ask(page, 'select 1 as typed_and_never_saved')
    await expect(page.locator('.unsaved-dot')).toBeVisible()
    await expect.poll(() => page.evaluate(isInJournal, 'typed_and_never_saved')).toBe(true)
    await page.evaluate(() => (location.hash = '#/home'))
    await page.reload()
    const kept = page.getByRole('region', { name: 'Edits that were kept here' })
    await kept.getByRole('button', { name: 'Look at them' }).first().click()
    await page.context().unroute('**/query/api/v1/notebooks/*')
    await page.getByRole('button', { name: 'Bring them back' }).click()
    await expect(page.locator('.view-lines').first()).toContainText('typed_and_never_saved')
  })
  expect(foreign).toEqual([])
})
