// An auditor searches the trail, opens a record, proves that it is whole and takes a report; a privacy officer reviews an emergency.
import { readFile } from 'node:fs/promises'
import { accessible, demoPassword, expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

const emergency = 'Unconscious in the emergency room, medication unknown'

test('the trail is searched, verified and reported', async ({ page, platform }, info) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'alma')
  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  const trail = page.getByRole('region', { name: 'Trail', exact: true })

  await test.step('a search finds what was done, and a record opens', async () => {
    await trail.getByLabel('Actor').fill('alma')
    await trail.getByRole('button', { name: /Action/ }).click()
    await page.getByRole('option', { name: 'sign-in' }).click()
    await trail.getByRole('button', { name: 'Search' }).click()
    const rows = trail.getByRole('row').filter({ hasText: 'sign-in' })
    await expect(rows.first()).toContainText('Alma Quist')
    await expect(trail.getByRole('row').filter({ hasText: 'search' })).toHaveCount(0)
    await rows.first().getByRole('button').focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('complementary', { name: /^Record/ })).toContainText('Correlation id')
    await trail.getByLabel('Actor').fill('')
    await trail.getByRole('button', { name: /Action/ }).click()
    await page.getByRole('option', { name: 'Any' }).click()
    await trail.getByRole('button', { name: 'Search' }).click()
    await expect(trail.getByRole('row').filter({ hasText: 'audit' }).first()).toBeVisible()
  })

  await test.step('the chain is verified', async () => {
    await page.getByRole('button', { name: 'Verify now' }).click()
    await expect(page.getByText(/^The trail is whole/)).toBeVisible({ timeout: 60_000 })
    await inBothLooks(page, 'audit')
  })

  await test.step('a report is made as a job and handed over', async () => {
    await page.getByRole('button', { name: 'Report' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
    const file = info.outputPath('trail.csv')
    await download.saveAs(file)
    expect((await readFile(file, 'utf8')).split('\n').length).toBeGreaterThan(10)
  })
})

test('a privacy officer says whether an emergency was one', async ({ page, platform }) => {
  const post = async (path: string, data: object, token?: string) => {
    const answer = await page.request.post(`${platform.url}${path}`, {
      data,
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
    })
    expect(answer.ok()).toBe(true)
    return (await answer.json()) as { access_token: string; me: { patient: string } }
  }
  const [{ me }, tess] = [
    await post('/identity/api/v1/sign-in', { user: 'pat', password: demoPassword }),
    await post('/identity/api/v1/sign-in', { user: 'tess', password: demoPassword }),
  ]
  await post('/access/api/v1/break-glass', { study: 'TIDE', patient: me.patient, reason: emergency }, tess.access_token)
  await signIn(page, platform.url, 'priya')
  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  const waiting = page.getByRole('listitem').filter({ hasText: emergency })
  await expect(waiting).toContainText('open until')
  await accessible(page, 'emergencies')
  await waiting.getByLabel('Note on the review').fill('confirmed by the ward')
  await waiting.getByRole('button', { name: 'Justified', exact: true }).click()
  await expect(waiting).toContainText('reviewed by priya: confirmed by the ward')
})
