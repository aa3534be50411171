// A study manager signs in: figures equal those of the people who were loaded, counted apart from the server, and refused writes are listed.
import { demoPeople } from '@aquifer/core/generate'
import { expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'
import { demoSeed, fromPaper } from '../world/people.js'

const number = (text: string | null): number => Number((text ?? '').replaceAll(/[^\d]/g, ''))

test('consent figures match the people of the study', async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'mona')

  await test.step('home shows where data stands, and leads to what needs a person', async () => {
    await expect(page.getByRole('heading', { name: /enrolled/ })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Notebooks' })).toHaveCount(1)
    await expect(page.getByText('Identified', { exact: true })).toBeVisible()
    await expect(page.getByText('Masked', { exact: true })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Needs you' })).toBeVisible()
    await inBothLooks(page, 'home')
  })

  await page.getByRole('link', { name: 'Consent', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Consent', level: 1 })).toBeVisible()

  await test.step('figures are those of the people who were loaded, counted apart from the server', async () => {
    const expected = counted(platform.people, new Date().toISOString().slice(0, 10))
    const table = page.getByRole('region', { name: 'Consent by site' }).getByRole('table')
    for (const [site, figures] of expected) {
      const cells = table.getByRole('row', { name: new RegExp(`^${site}`) }).getByRole('cell')
      const shown = await Promise.all([1, 2, 5, 6].map(async (at) => number(await cells.nth(at).textContent())))
      expect(shown, site).toEqual([figures.enrolled, figures.active, figures.withdrawn, figures.expired])
    }
    const all = [...expected.values()].reduce((sum, figures) => sum + figures.enrolled, 0)
    await expect(page.locator('.status-word')).toContainText(`of ${all} people`)
    await expect(table.locator('tfoot td').nth(2)).toHaveText(String(all))
  })

  await test.step('as of an earlier day there were fewer, and the page says which day it is', async () => {
    const enrolled = number(await page.locator('.status-word').textContent())
    await page.getByRole('slider', { name: 'As of' }).focus()
    for (let month = 0; month < 5; month += 1) await page.keyboard.press('PageDown')
    await expect(page.getByText(/Every number below is as of/)).toBeVisible()
    await expect.poll(async () => number(await page.locator('.status-word').textContent())).toBeLessThan(enrolled)
    await page.getByRole('textbox', { name: /^Date/ }).fill('31 Feb 2026')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toContainText('Write it as')
    await page
      .getByRole('radio', { name: 'Now' })
      .or(page.getByRole('button', { name: 'Now' }))
      .click()
    await expect.poll(async () => number(await page.locator('.status-word').textContent())).toBe(enrolled)
  })

  await test.step('refused writes, with cause and remedy', async () => {
    const refused = page.getByRole('region', { name: 'Refused writes' })
    const rows = refused.getByRole('row')
    expect(await rows.count()).toBeGreaterThan(1)
    await expect(refused.getByRole('cell', { name: /^No consent/ }).first()).toBeVisible()
    await expect(rows.nth(1).getByRole('cell').last()).not.toBeEmpty()
  })

  await page.locator('.page').evaluate((element) => element.scrollTo(0, 0))
  await inBothLooks(page, 'consent')

  await test.step('what is wrong with the data that came, by site, and the remedy', async () => {
    await page.getByRole('link', { name: 'Data quality', exact: true }).click()
    await page.getByRole('button', { name: 'Look through now' }).click()
    const sites = page.getByRole('region', { name: 'By site' })
    await expect(sites.getByRole('row').nth(1)).toBeVisible({ timeout: 30_000 })
    const shown = (await sites.getByRole('rowheader').allTextContents()).join(' ')
    for (const site of counted(platform.people, new Date().toISOString().slice(0, 10)).keys()) expect(shown).toContain(site)
    await page.getByRole('button', { name: /^Repeated readings/ }).click()
    await expect(page.getByText('Let the sender update by one id', { exact: false })).toBeVisible()
    await inBothLooks(page, 'quality')
  })
})

interface Figures {
  enrolled: number
  active: number
  withdrawn: number
  expired: number
}

/** Enrolled are those whose data entered: who was never asked, or never signed, was refused. */
function counted(people: number, asOf: string): Map<string, Figures> {
  const sites = new Map<string, Figures>()
  const add = (site: string, standing: 'active' | 'withdrawn' | 'expired', count: number) => {
    const figures = sites.get(site) ?? { enrolled: 0, active: 0, withdrawn: 0, expired: 0 }
    figures.enrolled += count
    figures[standing] += count
    sites.set(site, figures)
  }
  for (const { study, site, standing } of demoPeople({ patients: people, seed: demoSeed, asOf })) {
    if (study === fromPaper.study && standing !== 'missing' && standing !== 'proposed') add(site, standing, 1)
  }
  add(fromPaper.site, 'active', fromPaper.patients)
  return sites
}
