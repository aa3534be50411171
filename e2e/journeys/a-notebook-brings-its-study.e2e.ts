// A notebook of another study is opened by a link: what stands around it is of its study, and the reader can leave it for the first again.
import { expect, signIn, test } from '../world/index.js'

test('a link to a notebook of another study', { tag: '@long' }, async ({ page, platform }) => {
  await signIn(page, platform.url, 'ada')
  const basis = page.locator('.status-bar')
  await expect(basis).toContainText('HARBOR')
  const id = await page.evaluate(async () => {
    const { token } = JSON.parse(sessionStorage.getItem('aquifer.session')!) as { token: string }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const cells = [{ id: 'a', kind: 'sql', name: 'people', source: 'select count(*) as n from patients' }]
    const body = JSON.stringify({ study: 'TIDE', title: 'Of the other study', cells })
    const made = await fetch('/query/api/v1/notebooks', { method: 'POST', headers, body })
    return ((await made.json()) as { id: string }).id
  })
  await page.evaluate((to) => (location.hash = to), `#/notebooks/${id}`)
  const cell = page.getByRole('region', { name: 'SQL cell people', exact: true })
  await expect(cell).toBeVisible()
  await expect(basis).toContainText('TIDE')
  await expect(page.getByRole('complementary', { name: 'Catalogue' })).toContainText('TIDE')
  await page.getByRole('button', { name: 'Run people', exact: true }).click()
  await expect(page.getByRole('grid', { name: /^people:/ })).toBeVisible()
  await expect(page.getByText('Masking rules changed')).toHaveCount(0)
  await page.getByRole('button', { name: /Switch study/ }).click()
  await page.getByRole('menuitem', { name: /HARBOR/ }).click()
  await expect(basis).toContainText('HARBOR')
  await expect(page.getByRole('tab', { name: 'Of the other study' })).toHaveCount(0)
  await page.reload()
  await expect(basis).toContainText('HARBOR')
})
