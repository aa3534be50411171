// The last of the journeys: it brings people into the study whose figures others compare.
// A study manager invites; whoever was invited opens the link without a session, decides, and is at home in the workbench.
import type { Browser, Page } from '@playwright/test'
import { accessible, expect, look, signIn, test, watch } from '../world/index.js'
import { picture } from '../world/screens.js'

const password = 'violet harbour 77'

/** A picture in both looks, judged in the one that is asked for; contrast in the other follows from the tokens, which have a test of their own. */
async function pictured(page: Page, name: string, judged: 'light' | 'dark'): Promise<void> {
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  for (const theme of ['dark', 'light'] as const) {
    await look(page, theme)
    if (theme === judged) await accessible(page, `${name}, ${theme}`)
    await picture(page, `${name}-${theme}`)
  }
}

/** Somebody at a machine of his own, who has nothing but the link. */
async function elsewhere<T>(browser: Browser, link: string, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1100 } })
  const page = await context.newPage()
  const watched = watch(page)
  await page.goto(link)
  const done = await work(page)
  await watched.settled()
  expect(watched.complaints).toEqual([])
  await context.close()
  return done
}

/** Invites by the dialog and takes what a person without a mail address is handed. */
async function invite(page: Page, fill: (page: Page) => Promise<void>): Promise<{ link: string; subject: string }> {
  await page.getByRole('button', { name: 'Invite one person' }).click()
  const dialog = page.getByRole('dialog')
  await fill(page)
  await dialog.getByRole('button', { name: 'Invite 1 person' }).click()
  const link = await dialog.getByLabel('Link of the invitation').inputValue()
  const subject = /HARBOR-\d{5}/.exec((await dialog.textContent()) ?? '')?.[0] ?? ''
  await dialog.getByRole('button', { name: 'Done' }).click()
  return { link, subject }
}
async function choose(page: Page, label: RegExp, option: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: label }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

test(
  'an invited person decides, signs in and sees own data; a guardian and a care manager come by their own links',
  { tag: '@long' },
  async ({ page, platform, browser }) => {
    test.setTimeout(600_000)
    await signIn(page, platform.url, 'mona')
    await page.getByRole('link', { name: 'Consent', exact: true }).click()
    await page.getByRole('tab', { name: 'Invitations' }).click()
    const row = (subject: string) =>
      page.getByRole('region', { name: 'Invitations', exact: true }).getByRole('row').filter({ hasText: subject })

    const { link, subject } = await invite(page, async () => {
      await choose(page, /Site/, 'NORTHPIER')
    })
    await expect(row(subject)).toContainText('Sent')
    await pictured(page, 'invitations', 'dark')

    await elsewhere(browser, link, async (own) => {
      await expect(own.getByRole('heading', { level: 1 })).toHaveText('You are invited to Harbor Hypertension Registry')
      await expect(own.getByText('Mona Castellan')).toBeVisible()
      await expect(own.getByText(/Consent form, version 2/)).toBeVisible()
      await pictured(own, 'invitation', 'light')
      await test.step('what is missing is told at its place, and the first of it is at hand', async () => {
        await own.getByRole('button', { name: 'Agree and take part' }).click()
        await expect(own.getByLabel('Given name')).toBeFocused()
        await expect(own.getByText('Taking part needs this consent.')).toBeVisible()
        await pictured(own, 'invitation-faults', 'dark')
      })
      await test.step('by the keyboard alone', async () => {
        const keys = own.keyboard
        await keys.type('Nell')
        await keys.press('Tab')
        await keys.type('Farrow')
        await own.getByLabel('Date of birth').fill('1980-04-05')
        await own.getByRole('checkbox', { name: 'I agree: Sharing health data' }).focus()
        await keys.press('Space')
        await expect(own.getByLabel('Your name, as it is shown')).toHaveValue('Nell Farrow')
        await own.getByLabel('User name').focus()
        await keys.type('mona')
        await keys.press('Tab')
        await keys.type(password)
        await keys.press('Enter')
        await expect(own.getByText('This name is taken. Choose another.')).toBeVisible()
        await own.getByLabel('User name').fill('nell')
        await keys.press('Enter')
      })
      await expect(own.getByRole('heading', { name: 'You take part' })).toBeFocused()
      await pictured(own, 'invitation-done', 'light')
      await own.getByRole('button', { name: 'See my data' }).click()
      await expect(own.getByRole('heading', { name: 'My data' })).toBeVisible()
      await own.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'My consents' }).click()
      await expect(own.getByText('Nell Farrow').first()).toBeVisible()
      await own.getByRole('button', { name: 'Show what “Stop use” would touch' }).click()
      await expect(own.getByText('is shown to nobody', { exact: false }).first()).toBeVisible()
      await pictured(own, 'withdrawal-preview-own', 'dark')
    })
    await test.step('the account holds from then on', async () => {
      await elsewhere(browser, platform.url, (own) => signIn(own, platform.url, 'nell', password))
    })

    await test.step('a used link tells nothing', async () => {
      await elsewhere(browser, link, async (own) => {
        await expect(own.getByRole('heading', { level: 1 })).toHaveText('This invitation cannot be used')
        await expect(own.getByText('Harbor')).toHaveCount(0)
        await pictured(own, 'invitation-over', 'dark')
      })
    })

    await test.step('the study manager sees it, and invites who stands by the person', async () => {
      await page.reload()
      await expect(row(subject)).toContainText('Accepted')
      const guardian = await invite(page, async () => {
        await choose(page, /Who is invited/, 'Guardian')
        await page.getByLabel('Subject number').fill(subject)
        await page.getByLabel('Finding of non-competence').fill('court 4711')
        await choose(page, /Language/, 'German')
      })
      await elsewhere(browser, guardian.link, async (own) => {
        await expect(own.locator('html')).toHaveAttribute('lang', 'de')
        await own.getByLabel('Ihr Name').fill('Gero Farrow')
        await own.getByLabel('Benutzername').fill('gero')
        await own.getByLabel('Passwort', { exact: true }).fill(password)
        await pictured(own, 'invitation-guardian', 'dark')
        await own.getByRole('button', { name: 'Annehmen' }).click()
        await own.getByRole('button', { name: 'Die Daten ansehen' }).click()
        await expect(own.getByRole('heading', { level: 1 })).toHaveText('Data of Nell Farrow')
      })
    })

    await test.step('a care manager makes an account and takes on the care', async () => {
      const care = await invite(page, async () => {
        await choose(page, /Who is invited/, 'Care manager')
        await page.getByLabel('Subject number').fill(subject)
      })
      await elsewhere(browser, care.link, async (own) => {
        await pictured(own, 'invitation-care', 'light')
        await own.getByLabel('Your name, as it is shown').fill('Cleo Marsh')
        await own.getByLabel('User name').fill('cleo')
        await own.getByLabel('Password', { exact: true }).fill(password)
        await own.getByRole('button', { name: 'Make the account and accept' }).click()
        await own.getByRole('button', { name: 'Open the workbench' }).click()
        await expect(own.getByRole('navigation', { name: 'Main' })).toBeVisible()
      })
    })

    await test.step('a list is looked through, a letter is checked, a link is revoked', async () => {
      await page.getByRole('button', { name: 'Invite a list' }).click()
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose file' }).click()])
      const buffer = Buffer.from('email,site\none@example.org,NORTHPIER\nnobody,NOWHERE\n')
      await chooser.setFiles({ name: 'list.csv', mimeType: 'text/csv', buffer })
      await expect(page.getByRole('row').filter({ hasText: 'nobody,NOWHERE' })).toContainText('email is not an address')
      await expect(page.getByRole('button', { name: '1 line to settle' })).toBeDisabled()
      await pictured(page, 'invitation-list', 'dark')
      await page.getByRole('button', { name: 'Cancel' }).click()
      const letter = page.getByLabel('Text', { exact: true })
      await letter.fill('Come to {stdy}')
      await expect(page.getByText('{stdy} is no placeholder')).toBeVisible()
      await letter.fill('Come to {study} until {until}: {link}')
      await page.getByRole('button', { name: 'Save letter in English' }).click()
      await expect(page.getByText('the study’s own', { exact: true })).toBeVisible()
      await page.getByLabel('Remind this many days before the end').fill('7, 2')
      await page.getByRole('button', { name: 'Save days' }).click()
      await expect(page.getByRole('button', { name: 'Save days' })).toBeDisabled()
      const other = await invite(page, () => choose(page, /Site/, 'LAKEMOOR'))
      await row(other.subject).getByRole('button', { name: /^Send/ }).click()
      const anew = await page.getByLabel('Link of the invitation').inputValue()
      expect(anew).not.toBe(other.link)
      await page.getByRole('button', { name: 'Done' }).click()
      await row(other.subject)
        .getByRole('button', { name: /^Revoke/ })
        .click()
      await accessible(page, 'revoking')
      await page.getByRole('button', { name: 'Revoke 1 invitation' }).click()
      await expect(row(other.subject)).toContainText('Revoked')
      const listed = await platform.aquifer(['invitation', 'list', '--study', 'HARBOR', '--state', 'revoked', '--json'])
      expect(JSON.parse(listed.stdout)).toMatchObject([{ subject: other.subject, state: 'revoked' }])
    })
  },
)
