// An administrator adds a person who chooses a password, sees who reaches a study, and ends a relationship; two people sign a role policy.
import { accessible, demoPassword, expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'

const parts = ['People', 'Clients', 'Access', 'Relationships', 'Role policy', 'Why']
const passphrase = 'grey geese over water'

test('an administrator adds a person, reviews who sees a study, and ends a relationship', async ({ page, platform }) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'robin')
  await page.keyboard.press('g')
  await page.keyboard.press('m')
  await expect(page.getByRole('heading', { name: 'Administration' })).toBeVisible()
  const tab = (name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click()
  const dialog = page.getByRole('dialog')

  await test.step('every part reads well in light and dark', async () => {
    for (const part of parts) {
      await tab(part)
      await expect(page.getByRole('tabpanel').getByLabel('Loading')).toHaveCount(0)
      await inBothLooks(page, `administration-${part.toLowerCase().replace(' ', '-')}`)
    }
  })

  await test.step('a code is shown once, and with it the person chooses a password', async () => {
    await tab('People')
    await page.getByRole('button', { name: 'Add a person' }).click()
    await dialog.getByLabel('User name').fill('jonah')
    await dialog.getByLabel('Full name').fill('Jonah Reyes')
    await dialog.getByRole('button', { name: /Role/ }).click()
    await page.getByRole('option', { name: 'Investigator' }).click()
    await dialog.getByLabel('Who this is in FHIR').fill('Practitioner/jonah-reyes')
    await dialog.getByRole('button', { name: 'Add 1 person' }).click()
    const code = (await page.getByLabel('One-time code').textContent()) ?? ''
    await dialog.getByRole('button', { name: 'Copy' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code)
    await dialog.getByRole('button', { name: 'I have handed it over' }).click()
    const chosen = await page.request.post(`${platform.url}/identity/api/v1/codes`, { data: { user: 'jonah', code, password: passphrase } })
    expect(chosen.status()).toBe(204)
    await page.keyboard.press('/')
    await page.keyboard.type('jonah')
    await expect(page.getByRole('row', { name: /Jonah Reyes/ })).toContainText('Investigator')
  })

  const holder = page.getByRole('row', { name: /Jonah Reyes/ })
  await test.step('a relationship lets him reach a site, and the review says so', async () => {
    await tab('Relationships')
    await page.getByRole('button', { name: 'Add a relationship' }).click()
    await dialog.getByLabel('Holder').fill('Practitioner/jonah-reyes')
    await dialog.getByRole('button', { name: /Study/ }).click()
    await page.getByRole('option', { name: /^HARBOR/ }).click()
    await dialog.getByRole('button', { name: /Site/ }).click()
    await page.getByRole('option', { name: 'NORTHPIER' }).click()
    await dialog.getByLabel(/Reason/).fill('joined the site')
    await dialog.getByRole('button', { name: 'Add 1 relationship' }).click()
    await expect(holder).toContainText('Works at a site')
    await tab('Access')
    await expect(holder).toContainText('NORTHPIER')
    await expect(holder).toContainText('Identified')
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'List as CSV' }).click()])
    expect(saved.suggestedFilename()).toMatch(/^access-HARBOR-\d{4}-\d\d-\d\d\.csv$/)
  })

  await test.step('ended with a reason, it counts no more', async () => {
    await tab('Relationships')
    await holder.getByRole('button', { name: /^End/ }).click()
    await dialog.getByLabel(/Reason/).fill('left the site')
    await dialog.getByRole('button', { name: 'End 1 relationship' }).click()
    await expect(holder).toHaveCount(0)
    await page.getByRole('radio', { name: 'Ended' }).click()
    await expect(holder).toContainText('Ended')
    await tab('Access')
    await expect(page.getByRole('row', { name: /Ivo Brandt/ })).toBeVisible()
    await expect(holder).toHaveCount(0)
  })
})

test('two people sign a role policy, and the signatures stand among all others', { tag: '@long' }, async ({ page, platform }) => {
  test.setTimeout(600_000)
  const token = async (user: string): Promise<string> => {
    const answer = await page.request.post(`${platform.url}/identity/api/v1/sign-in`, { data: { user, password: demoPassword } })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const headers = { authorization: `Bearer ${await token('robin')}` }
  const policies = `${platform.url}/access/api/v1/policies`
  const { builtIn } = (await (await page.request.get(policies, { headers })).json()) as { builtIn: { roles: Record<string, object> } }
  const document = { ...builtIn, name: 'renewed', roles: { ...builtIn.roles, operator: { ...builtIn.roles['operator'], read: ['study'] } } }
  const data = { document }
  const { version } = (await (await page.request.post(policies, { headers, data })).json()) as { version: number }
  const first = await page.request.post(`${policies}/${version}/signatures`, {
    headers,
    data: { meaning: 'approval', password: demoPassword },
  })
  expect(first.status()).toBe(201)

  await signIn(page, platform.url, 'priya')
  await page.goto(`${platform.url}/#/administration?tab=policy`)
  const row = page.getByRole('article', { name: `Version ${version}` })
  await expect(row).toContainText('One more signature')
  await expect(page.getByRole('row', { name: /^study/ }).getByRole('cell', { name: 'given' })).toHaveCount(1)
  await row.getByRole('button', { name: 'Sign', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Your password').fill('not this one')
  await dialog.getByRole('button', { name: 'Sign and put in force' }).click()
  await expect(dialog.getByRole('alert')).toContainText('That was not the password')
  await accessible(page, 'sign a policy')
  await dialog.getByLabel('Your password').fill(demoPassword)
  await dialog.getByRole('button', { name: 'Sign and put in force' }).click()
  await expect(row).toContainText('In force')
  await expect(row).toContainText('Priya Velarde')
  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  const signed = page.getByRole('region', { name: 'Electronic signatures' }).getByRole('row', { name: /Priya Velarde/ })
  await expect(signed.first()).toContainText(`Role policy, version ${version}`)
  await expect(signed.first()).toContainText('As signed')
})
