// The same workbench in its own program: its scheme, its bridge and its guards, against the platform that runs.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron as electron, expect, test, type ElectronApplication, type Page } from '@playwright/test'
import { accessible, demoPassword, watch } from '../world/index.js'
import type { PlatformAddress } from '../world/platform.js'
import { picture } from '../world/screens.js'

const desktop = fileURLToPath(new URL('../../apps/desktop', import.meta.url))
const platform = JSON.parse(process.env['E2E_PLATFORM'] ?? '{}') as PlatformAddress
// Chromium refuses its sandbox to root.
const asRoot = process.getuid?.() === 0

let profile: string
let app: ElectronApplication
let page: Page

test.beforeAll(async () => {
  profile = mkdtempSync(path.join(os.tmpdir(), 'aquifer-electron-'))
  app = await electron.launch({
    args: [desktop, ...(asRoot ? ['--no-sandbox'] : []), '--password-store=basic', `--user-data-dir=${profile}`],
    env: { ...(process.env as Record<string, string>), AQUIFER_URL: platform.url },
  })
  page = await app.firstWindow()
})
test.afterAll(async () => {
  await app.close()
  // The last of its processes may still write its profile.
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

test('an analyst works in the program as in a browser', async () => {
  test.setTimeout(600_000)
  const watched = watch(page)
  expect(page.url()).toMatch(/^app:\/\/workbench\//)
  await expect(page.getByText(new URL(platform.url).host)).toBeVisible()
  await page.getByLabel('User').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill(demoPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Harbor Hypertension Registry' })).toBeVisible()
  await page.getByRole('link', { name: 'Notebooks' }).first().click()
  await page.getByRole('button', { name: 'New notebook' }).first().click()
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.insertText('select gender, count(*) as people from patients group by gender order by gender')
  await page.keyboard.press('Control+Enter')
  await expect(
    page
      .getByRole('grid', { name: /^result:/ })
      .getByRole('gridcell')
      .first(),
  ).toBeVisible({ timeout: 30_000 })
  await expect(page.locator('.monaco-editor [class*=mtk]').first()).toBeVisible()
  await page.keyboard.press('End')
  await page.keyboard.type(' lim')
  await expect(page.locator('.suggest-widget.visible')).toContainText('limit')
  await page.keyboard.press('Escape')
  await accessible(page, 'notebook in Electron', { legacy: true })
  await picture(page, 'electron')
  expect(watched.complaints).toEqual([])
})

test('a report is a PDF of its own, and every system of the server is reached', async () => {
  const file = path.join(profile, 'report.pdf')
  await app.evaluate(({ session }, place) => session.defaultSession.on('will-download', (_event, item) => item.setSavePath(place)), file)
  await page.getByRole('button', { name: 'More for this notebook' }).click()
  await page.getByRole('menuitem', { name: 'Report, PDF' }).click()
  await expect.poll(() => existsSync(file) && readFileSync(file).subarray(-7).includes('%%EOF'), { timeout: 30_000 }).toBe(true)
  const text = readFileSync(file).toString('latin1')
  expect(text.slice(0, 5)).toBe('%PDF-')
  expect(text.length).toBeGreaterThan(10_000)
  const kept = process.env['AQUIFER_SCREENSHOTS']
  if (kept) copyFileSync(file, path.join(kept, 'report.pdf'))
  const statuses = await page.evaluate(() =>
    Promise.all(
      ['/audit/api/v1/records', '/access/api/v1/policies', '/masking/api/v1/policies'].map(async (at) => (await fetch(at)).status),
    ),
  )
  // Nobody is signed in by a plain request: what answers is the server, not the folder of files.
  expect(statuses).toEqual([401, 401, 401])
})

test('the page reaches the program by its table of channels only', async () => {
  const reached = await page.evaluate(async () => ({
    node: typeof (globalThis as { require?: unknown }).require + typeof (globalThis as { process?: unknown }).process,
    bridge: Object.keys(window.aquifer ?? {}),
    info: await window.aquifer?.invoke('app.info'),
    server: await window.aquifer?.invoke('server.use', 'file:///etc/passwd'),
    unknown: await window.aquifer?.invoke('shell.open').then(String, (error: Error) => error.message),
  }))
  expect(reached.node).toBe('undefinedundefined')
  expect(reached.bridge).toEqual(['invoke'])
  expect(reached.info).toMatchObject({ packaged: false })
  expect(reached.server).toBe(platform.url)
  expect(reached.unknown).toContain('unknown channel')
})

test('no foreign script, window, page or file comes in', async () => {
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
  expect(await page.evaluate(() => window.open('https://example.org') === null)).toBe(true)
  await page.evaluate(() => location.assign('https://example.org/'))
  expect(page.url()).toMatch(/^app:\/\/workbench\//)
  expect(app.windows()).toHaveLength(1)
  const files = await page.evaluate(() =>
    Promise.all(
      ['/../main/index.cjs', '/%2e%2e/main/index.cjs', '/..%2f..%2fpackage.json'].map(async (file) => (await fetch(file)).status),
    ),
  )
  expect(files).toEqual([404, 404, 404])
  expect(await page.evaluate(async () => (await navigator.permissions.query({ name: 'geolocation' })).state)).not.toBe('granted')
})
