// A privacy officer proposes a masking policy, sees what it changes, and two people sign it; then the leak gate, a trace and the risk of being found.
import { accessible, demoPassword, expect, look, signIn, test } from '../world/index.js'
import { picture } from '../world/screens.js'

const text = (classes: object): string => JSON.stringify({ name: 'tide-quiet', version: 1, extends: 'expert', classes }, null, 2)

test('a policy is proposed, compared and signed by two, and the study is masked anew', async ({ page, platform }) => {
  const token = async (user: string): Promise<string> => {
    const answer = await page.request.post(`${platform.url}/identity/api/v1/sign-in`, { data: { user, password: demoPassword } })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const shoot = async (part: string) => {
    await expect(page.getByRole('tabpanel').getByLabel('Loading')).toHaveCount(0)
    for (const theme of ['light', 'dark'] as const) {
      await look(page, theme)
      if (theme === 'light') await accessible(page, part)
      await picture(page, `privacy-${part}-${theme}`)
    }
    await look(page, 'light')
  }
  await signIn(page, platform.url, 'priya')
  await page.getByRole('button', { name: /^Study:/ }).click()
  await page.getByRole('menuitem', { name: /TIDE/ }).click()
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await expect(page.getByRole('heading', { name: 'Privacy', exact: true })).toBeVisible()
  const dialog = page.getByRole('dialog')
  const version = page.getByRole('article', { name: 'tide-quiet v1' })

  await test.step('a wrong text names line and place; a right one what it changes', async () => {
    await page.getByRole('button', { name: 'Propose a policy' }).click()
    await dialog.getByLabel('Policy').fill(text({ NAME: 'keep' }))
    await dialog.getByRole('button', { name: 'Check it' }).click()
    await expect(dialog.getByRole('listitem').filter({ hasText: 'classes.NAME' })).toContainText('line 6')
    await expect(dialog.getByRole('button', { name: '1 problem to correct' })).toBeDisabled()
    await dialog.getByLabel('Policy').fill(text({ STATE: 'remove', CITY: 'remove' }))
    await dialog.getByRole('button', { name: 'Check it' }).click()
    await expect(dialog.getByRole('status')).toContainText('1 change against expert v1')
    await accessible(page, 'propose')
    await picture(page, 'privacy-propose-light')
    await dialog.getByLabel(/What it is for/).fill('states of few people')
    await dialog.getByRole('button', { name: 'Propose it for signature' }).click()
    await expect(version).toContainText('2 signatures are needed')
  })

  await test.step('the diff says what it treats differently', async () => {
    const changes = page.getByRole('region', { name: 'Changes' })
    await expect(changes.getByRole('row', { name: /^STATE/ })).toContainText(/keep.*remove/)
    await page.getByRole('searchbox', { name: /Find a class/ }).fill('nothing like it')
    await expect(page.getByText('No change fits')).toBeVisible()
    await page.getByRole('button', { name: 'Show all changes' }).click()
    await shoot('policies')
  })

  await test.step('a signature asks who one is again, and nobody signs twice', async () => {
    await version.getByRole('button', { name: 'Sign', exact: true }).click()
    await dialog.getByLabel('Your password').fill('not this one')
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click()
    await expect(dialog.getByRole('alert')).toContainText('That was not the password')
    await dialog.getByLabel('Your password').fill(demoPassword)
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click()
    await expect(version).toContainText('One more signature')
    await expect(version.getByRole('button', { name: 'You have signed' })).toBeDisabled()
  })

  await test.step('the second signature activates it, and what is stored is masked by it', async () => {
    const { versions } = (await (
      await page.request.get(`${platform.url}/masking/api/v1/policies?study=TIDE`, {
        headers: { authorization: `Bearer ${await token('noor')}` },
      })
    ).json()) as { versions: { id: string; label: string }[] }
    const id = versions.find(({ label }) => label === 'tide-quiet v1')?.id ?? ''
    const signed = await page.request.post(`${platform.url}/masking/api/v1/policies/${id}/signatures`, {
      headers: { authorization: `Bearer ${await token('noor')}` },
      data: { meaning: 'approval', password: demoPassword },
    })
    expect(signed.status()).toBe(201)
    await page.reload()
    await expect(version).toContainText('Active')
    await expect(version).toContainText('Noor Halvorsen')
    const inForce = page.getByRole('region', { name: 'Policy in force' })
    await expect(inForce.getByRole('status')).toContainText('tide-quiet v1 is in force', { timeout: 60_000 })
    await expect(inForce).toContainText('Analysts seetide-quiet v1')
  })

  await test.step('trace, leak gate and risk', async () => {
    await page.getByRole('tab', { name: 'Trace' }).click()
    await expect(page.getByRole('row', { name: /^Patient\.address\.state/ })).toContainText('Removed')
    await page.getByRole('radio', { name: /^Kept/ }).click()
    await expect(page.getByRole('row', { name: /^Patient\.address\.state/ })).toHaveCount(0)
    await page.getByRole('radio', { name: /^All/ }).click()
    await shoot('trace')
    await page.getByRole('tab', { name: 'Leak gate' }).click()
    await expect(page.getByText('Nothing stands against TIDE')).toBeVisible()
    await shoot('leaks')
    await page.getByRole('tab', { name: 'Risk' }).click()
    await expect(page.getByRole('region', { name: 'Risk of being found' })).toContainText('k, smallest group')
    await page.getByRole('button', { name: 'year of birth to the decade' }).click()
    await expect(page.getByLabel('Effect')).toContainText('information lost')
    await shoot('risk')
  })
})
