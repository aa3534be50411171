// A patient sees own data, own consents and who looked, takes a copy, and meets nobody else's data; a guardian sees those she stands in for.
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, signIn, test, demoPassword } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

const reason = 'visit 3, source data verification'

/** The token and the person of a user, as the server's own sign-in gives them. */
async function tokenOf(page: Page, url: string, user: string): Promise<{ token: string; patient: string }> {
  const answer = await page.request.post(`${url}/identity/api/v1/sign-in`, { data: { user, password: demoPassword } })
  const { access_token: token, me } = (await answer.json()) as { access_token: string; me: { patient: string } }
  return { token, patient: me.patient }
}

test('a patient sees own data, own consents and who saw them, and nobody else’s', async ({ page, platform }, info) => {
  test.setTimeout(600_000)
  const own = await tokenOf(page, platform.url, 'pat')
  const ward = await tokenOf(page, platform.url, 'gwen')
  await test.step('an investigator reads the record beforehand, and says why', async () => {
    const { token } = await tokenOf(page, platform.url, 'ivo')
    const headers = { authorization: `Bearer ${token}`, 'x-aquifer-reason': reason }
    const read = await page.request.get(`${platform.url}/fhir-server/api/v1/Patient/${own.patient}?studyid=HARBOR`, { headers })
    expect(read.status()).toBe(200)
  })
  await signIn(page, platform.url, 'pat')
  const rail = page.getByRole('navigation', { name: 'Main' })

  await test.step('the workbench is that of a patient', async () => {
    await expect(rail.getByRole('link')).toHaveText(['Home', 'My data', 'Consents', 'Who saw'])
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Welcome')
    await expect(page.getByText('Ivo Brandt')).toBeVisible()
    await inBothLooks(page, 'patient-home')
    await page.goto(`${platform.url}/#/notebooks`)
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Welcome')
  })

  await test.step('own data, by kind and year', async () => {
    await rail.getByRole('link', { name: 'My data', exact: true }).click()
    await expect(page.getByRole('heading', { name: 'Measurements and tests' })).toBeVisible()
    await expect(page.getByText(/^\d{2,3} \/ \d{2,3} mmHg$/).first()).toBeVisible()
    await inBothLooks(page, 'patient-data')
    const shown = page.locator('.record-line')
    const before = await shown.count()
    await page.getByRole('button', { name: 'Show older' }).click()
    await expect.poll(() => shown.count()).toBeGreaterThan(before)
    await page.getByRole('button', { name: /^Visits/ }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Visits' })).toBeVisible()
  })

  await test.step('own consents, and what withdrawing would do', async () => {
    await rail.getByRole('link', { name: 'My consents' }).click()
    const study = page.getByRole('region', { name: 'Harbor Hypertension Registry', exact: true })
    await expect(study.getByText('Agreed')).toBeVisible()
    await expect(study.getByText('Stop use')).toBeVisible()
    await expect(study.getByText('Northpier Medical Center')).toBeVisible()
    await inBothLooks(page, 'patient-consents')
  })

  await test.step('who saw it', async () => {
    await rail.getByRole('link', { name: 'Who saw my data' }).click()
    const seen = page.getByRole('listitem').filter({ hasText: 'Ivo Brandt' }).filter({ hasText: reason })
    await expect(seen).toContainText('Looked at personal details')
    await expect(page.getByRole('listitem').filter({ hasText: /^You/ })).toHaveCount(0)
    await page.getByText('Also when I looked myself').click()
    await expect(page.getByRole('listitem').filter({ hasText: /^You/ }).first()).toBeVisible()
    await inBothLooks(page, 'patient-seen')
  })

  await test.step('a copy of everything, and of nobody else', async () => {
    await rail.getByRole('link', { name: 'Home' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download subject access report' }).click(),
    ])
    const file = info.outputPath('report.json')
    await download.saveAs(file)
    const text = await readFile(file, 'utf8')
    const report = JSON.parse(text) as { entry: { resource: { resourceType: string } }[]; disclosures: { who: string }[] }
    const types = new Set(report.entry.map(({ resource }) => resource.resourceType))
    expect([...types]).toEqual(expect.arrayContaining(['Patient', 'Contract', 'Observation', 'MedicationOrder', 'Media']))
    expect(report.disclosures.map(({ who }) => who)).toContain('Ivo Brandt')
    const people = new Set([...text.matchAll(/Patient\/([0-9a-f-]{36})/g)].map(([, id]) => id))
    expect([...people]).toEqual([own.patient])
    const headers = { authorization: `Bearer ${own.token}` }
    for (const path of [`fhir-server/api/v1/Patient/${ward.patient}?studyid=HARBOR`, `audit/api/v1/disclosures?patient=${ward.patient}`])
      expect((await page.request.get(`${platform.url}/${path}`, { headers })).status()).toBe(404)
  })
})

test('a guardian chooses among those she stands in for', async ({ page, platform }) => {
  await signIn(page, platform.url, 'gwen')
  const rail = page.getByRole('navigation', { name: 'Main' })
  await rail.getByRole('link', { name: 'Data', exact: true }).click()
  const title = page.getByRole('heading', { level: 1 })
  await expect(title).toContainText('Data of')
  const first = await title.textContent()
  await page.getByRole('button', { name: /Person/ }).click()
  await page.getByRole('option').last().click()
  await expect(title).not.toHaveText(first ?? '')
  const second = await title.textContent()
  await rail.getByRole('link', { name: 'Consents' }).click()
  await expect(title).toHaveText((second ?? '').replace('Data of', 'Consents of'))
  await expect(page.getByText('Agreed').first()).toBeVisible()
  await inBothLooks(page, 'guardian-consents')
})
