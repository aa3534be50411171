// A privacy officer proposes a masking policy, sees what it changes, and two people sign it; then what the policy does to an example, the leak
// gate, blocked by a name and open again, what is held back, displays that wait, the risk of being found, the keys of pseudonyms, and who
// stands behind one.
import type { Page } from '@playwright/test'
import { accessible, demoPassword, expect, look, signIn, test } from '../world/index.js'
import { picture } from '../world/screens.js'

const study = 'TIDE'
const text = (classes: object): string => JSON.stringify({ name: 'tide-quiet', version: 1, extends: 'expert', classes }, null, 2)

async function tokenOf(page: Page, url: string, user: string): Promise<{ token: string; patient: string | null; name: string }> {
  const answer = await page.request.post(`${url}/identity/api/v1/sign-in`, { data: { user, password: demoPassword } })
  const { access_token: token, me } = (await answer.json()) as { access_token: string; me: { patient: string | null; name: string } }
  return { token, ...me }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** An answer whose code is somebody's name: it passes the masker, since codes are kept, and not the gate. */
async function writeNameAsCode(page: Page, url: string): Promise<void> {
  const { token, patient, name } = await tokenOf(page, url, 'pat')
  const written = await page.request.post(`${url}/fhir-server/api/v1/QuestionnaireResponse?studyid=${study}`, {
    headers: { ...bearer(token), 'content-type': 'application/json+fhir' },
    data: JSON.stringify({
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      subject: { reference: `Patient/${patient}` },
      group: { linkId: name.split(' ').at(-1)?.toUpperCase() },
    }),
  })
  expect(written.status()).toBe(201)
  const headers = bearer((await tokenOf(page, url, 'priya')).token)
  const isBlocked = async () =>
    ((await (await page.request.get(`${url}/masking/api/v1/leaks?study=${study}`, { headers })).json()) as { blocked: boolean }).blocked
  await expect.poll(isBlocked, { timeout: 30_000 }).toBe(true)
}

async function aPseudonym(page: Page, url: string): Promise<string> {
  const headers = { ...bearer((await tokenOf(page, url, 'ada')).token), accept: 'application/json' }
  const data = { study, sql: 'select patient_key from patients order by 1 limit 1', purpose: 'journey' }
  const answer = await page.request.post(`${url}/query/api/v1/statements`, { headers, data })
  return ((await answer.json()) as { rows: string[][] }).rows[0]?.[0] ?? ''
}

/** The other person, by HTTP: what she sees is what the asker sees. */
async function noorApproves(page: Page, url: string): Promise<void> {
  const headers = bearer((await tokenOf(page, url, 'noor')).token)
  const asked = `${url}/masking/api/v1/reidentifications`
  const { requests } = (await (await page.request.get(`${asked}?study=${study}`, { headers })).json()) as { requests: { id: string }[] }
  const data = { approve: true, password: demoPassword }
  expect((await page.request.post(`${asked}/${requests[0]?.id}/decision`, { headers, data })).status()).toBe(200)
}

async function openPrivacy(page: Page, url: string): Promise<void> {
  await signIn(page, url, 'priya')
  await page.getByRole('button', { name: /^Study:/ }).click()
  await page.getByRole('menuitem', { name: new RegExp(study) }).click()
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await expect(page.getByRole('heading', { name: 'Privacy', exact: true })).toBeVisible()
}

/** Colours come from the tokens, whose pairs have a test of their own: in light is enough. */
async function shoot(page: Page, part: string): Promise<void> {
  await expect(page.getByRole('tabpanel').getByLabel('Loading')).toHaveCount(0)
  await accessible(page, part)
  for (const theme of ['light', 'dark'] as const) {
    await look(page, theme)
    await picture(page, `privacy-${part}-${theme}`)
  }
  await look(page, 'light')
}

test('a policy is proposed, compared and signed by two, and the study is masked anew', async ({ page, platform }) => {
  await openPrivacy(page, platform.url)
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
    await shoot(page, 'policies')
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
    const { token } = await tokenOf(page, platform.url, 'noor')
    const headers = { authorization: `Bearer ${token}` }
    const policies = `${platform.url}/masking/api/v1/policies`
    const list = await page.request.get(`${policies}?study=${study}`, { headers })
    const { versions } = (await list.json()) as { versions: { id: string; label: string }[] }
    const id = versions.find(({ label }) => label === 'tide-quiet v1')?.id ?? ''
    const signed = await page.request.post(`${policies}/${id}/signatures`, {
      headers,
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
})

test(
  'an example is traced, and what the gate, the queue and the dictionary hold is seen and decided',
  { tag: '@long' },
  async ({ page, platform }) => {
    const { token, patient } = await tokenOf(page, platform.url, 'pat')
    const reading = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      subject: { reference: `Patient/${patient}` },
      modifierExtension: [{ url: 'http://example.org/not-done', valueBoolean: true }],
    }
    const written = await page.request.post(`${platform.url}/fhir-server/api/v1/Observation?studyid=${study}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json+fhir' },
      data: JSON.stringify(reading),
    })
    expect(written.status()).toBe(201)
    expect((await platform.aquifer(['pipeline', 'wait', '--timeout', '60'])).code).toBe(0)
    await openPrivacy(page, platform.url)
    const dialog = page.getByRole('dialog')
    const tab = (name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`) }).click()

    await test.step('trace', async () => {
      await tab('Trace')
      const birth = page.getByRole('row', { name: /^Patient\.birthDate/ })
      await expect(birth).toContainText('Changed')
      await page.getByRole('radio', { name: /^Kept/ }).click()
      await expect(birth).toHaveCount(0)
      await page.getByRole('radio', { name: /^All/ }).click()
      await shoot(page, 'trace')
    })

    await test.step('leak gate', async () => {
      await tab('Leak gate')
      await expect(page.getByText(`Nothing stands against ${study}`)).toBeVisible()
      await writeNameAsCode(page, platform.url)
      await page.reload()
      await expect(page.getByText(`${study} is blocked`)).toBeVisible()
      const finding = page.getByRole('article', { name: 'Name at QuestionnaireResponse linkId' })
      await shoot(page, 'leaks')
      await finding.getByRole('button', { name: 'Accept the finding' }).click()
      await dialog.getByLabel(/Reason/).fill('a code of the questionnaire, for this journey')
      await dialog.getByRole('button', { name: 'Accept 1 finding' }).click()
      await expect(page.getByText(`Nothing stands against ${study}`)).toBeVisible()
    })

    await test.step('held queue', async () => {
      await tab('Held queue')
      await expect(page.getByRole('article', { name: /^Unknown modifier extension/ })).toContainText('http://example.org/not-done')
      await page.getByRole('button', { name: 'Preview' }).click()
      await expect(page.getByText(/0 resources would pass, \d+ stays? held/)).toBeVisible()
      await page.getByText(/^\d+ masked ids?$/).click()
      await expect(page.getByRole('region', { name: 'Masked ids' }).getByRole('listitem').first()).toContainText('version 1')
      await shoot(page, 'held')
    })

    await test.step('risk', async () => {
      await tab('Risk')
      await expect(page.getByRole('region', { name: 'Risk of being found' })).toContainText('k, smallest group')
      await shoot(page, 'risk')
      await page.getByRole('button', { name: 'year of birth to the decade' }).click()
      await expect(page.getByLabel('Effect')).toContainText('information lost')
      await picture(page, 'privacy-risk-preview-light')
    })

    await test.step('displays', async () => {
      await tab('Displays')
      const first = page.getByRole('region', { name: 'Texts' }).getByRole('checkbox').nth(1)
      await first.check()
      await shoot(page, 'displays')
      await page.getByRole('button', { name: 'Reject' }).click()
      await dialog.getByLabel(/Reason/).fill('not needed')
      await dialog.getByRole('button', { name: 'Reject 1 text' }).click()
      await expect(page.getByText('1 text rejected')).toBeVisible()
      await page.getByRole('radio', { name: 'Rejected' }).click()
      await expect(page.getByRole('region', { name: 'Texts' }).getByRole('row')).toHaveCount(2)
    })
  },
)

test(
  'the key of pseudonyms is seen, and who stands behind one is told once, when another person approved',
  { tag: '@long' },
  async ({ page, platform }) => {
    await openPrivacy(page, platform.url)
    const dialog = page.getByRole('dialog')

    await test.step('keys', async () => {
      await page.getByRole('tab', { name: 'Keys' }).click()
      await expect(page.getByRole('article', { name: /^Key / })).toContainText('In use')
      await accessible(page, 'keys')
      await picture(page, 'privacy-keys-light')
      await page.getByRole('button', { name: 'Rotate' }).click()
      await dialog.getByLabel(/Reason/).fill('yearly rotation of the key')
      await expect(dialog.getByRole('button', { name: 'Rotate 1 key' })).toBeDisabled()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
    })

    await test.step('one person asks, another approves, and the answer is told once and kept nowhere', async () => {
      const pseudonym = await aPseudonym(page, platform.url)
      await page.getByRole('tab', { name: 'Re-identification' }).click()
      await page.getByRole('button', { name: 'Ask who it is' }).click()
      await dialog.getByLabel(/^Pseudonym/).fill(pseudonym)
      await dialog.getByLabel(/Reason/).fill('a laboratory value that needs care')
      await dialog.getByRole('button', { name: 'Ask about 1 person' }).click()
      const request = page.getByRole('article', { name: /a laboratory value/ })
      await expect(request).toContainText('Somebody else decides')
      await noorApproves(page, platform.url)
      await page.reload()
      await request.getByRole('button', { name: 'See the answer' }).click()
      await dialog.getByRole('button', { name: 'Show 1 person, once' }).click()
      const answer = dialog.getByText(/^Patient\//)
      const person = ((await answer.textContent()) ?? '').replace('Patient/', '')
      await accessible(page, 'answer')
      await dialog.getByRole('button', { name: 'Noted, close' }).click()
      await expect(request).toContainText('Told once')
      expect(await page.content()).not.toContain(person)
      expect(await page.content()).not.toContain(pseudonym)
      await picture(page, 'privacy-who-light')
    })
  },
)
