// A study manager freezes the data under a name; an analyst chooses it instead of the living data, and the result cites it.
import { demoPassword, expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

test('a data cut is signed, proven, and retired', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'mona')
  await page.getByRole('link', { name: 'Data cuts' }).click()
  const drawer = (name: string) => page.getByRole('complementary', { name: `Data cut ${name}` })
  const make = async (name: string) => {
    await page.getByRole('button', { name: 'Make a data cut' }).click()
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('What it is for').fill('First interim analysis.')
    await page.getByLabel(/^Your password/).fill(demoPassword)
    await page.getByRole('button', { name: 'Sign and freeze' }).click()
    await expect(drawer(name)).toContainText('First interim analysis.')
  }

  await test.step('it is made with a reason and a signature, and proven', async () => {
    await make('journey-1')
    await drawer('journey-1').getByRole('button', { name: 'Prove' }).click()
    await expect(drawer('journey-1').getByRole('status')).toContainText('Every file has the bytes that were sealed.')
    await inBothLooks(page, 'data-cuts')
  })

  await test.step('one that is needed no more keeps its record and no rows', async () => {
    await make('journey-0')
    await drawer('journey-0').getByRole('button', { name: 'Retire' }).click()
    await page.getByLabel('Why it is needed no more').fill('Made by mistake.')
    await page.getByLabel(/^Your password/).fill(demoPassword)
    await page.getByRole('button', { name: 'Sign and retire' }).click()
    await expect(drawer('journey-0')).toContainText('Made by mistake.')
    await expect(page.getByRole('row', { name: /journey-0 Retired/ })).toBeVisible()
  })
})

test('an analyst chooses a data cut, and the result cites it', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  const made = await platform.aquifer(['cut', 'list', '--study', 'HARBOR'])
  expect(made.stdout).toContain('journey-1')
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Data cuts' }).click()
  await page.getByRole('button', { name: 'Open journey-1' }).click()
  await expect(page.getByRole('button', { name: 'Make a data cut' })).toHaveCount(0)
  await page.getByRole('button', { name: 'New notebook on it' }).click()
  const cell = page.getByRole('region', { name: 'SQL cell result', exact: true })
  await cell.locator('.monaco-editor').first().click()
  await page.keyboard.insertText('select count(*) as people from patients')
  await page.keyboard.press('Control+Enter')
  await expect(cell.locator('footer')).toContainText('cut journey-1, data of')
  await page.keyboard.press('Escape')
  await expect(cell.getByText('Consent changed')).toHaveCount(0)
  // What it reads is part of the notebook: another visit reads the same.
  await expect(page.getByText('Saved', { exact: false }).first()).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: /Cut journey-1/ })).toBeVisible()
  await expect(cell.locator('footer')).toContainText('cut journey-1, data of')
  await inBothLooks(page, 'notebook-of-a-cut')
})
