// A study manager invites somebody and enrols him in the log, then withdraws a person: sees what it touches, sees it finish store by store, and saves a certificate that holds offline.
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { accessible, expect, signIn, test } from '../world/index.js'
import { inBothLooks } from '../world/looks.js'
import { picture } from '../world/screens.js'

const parts = ['Funnel', 'Decisions', 'Form versions', 'Ahead', 'Withdrawals']

test('a withdrawal is recorded, finishes and is certified', async ({ page, platform }, info) => {
  test.setTimeout(600_000)
  await signIn(page, platform.url, 'mona')
  await page.getByRole('link', { name: 'Consent', exact: true }).click()

  await test.step('every part of the page reads well, in light and dark', async () => {
    for (const name of parts) {
      await page.getByRole('tab', { name }).click()
      await expect(page.getByRole('tabpanel').getByRole('heading', { level: 2 }).first()).toBeVisible()
      await expect(page.getByRole('tabpanel').locator('[aria-busy]')).toHaveCount(0)
      await inBothLooks(page, name, { kept: false })
    }
  })

  await test.step('somebody is invited, and enrolled in the log', async () => {
    await page.getByRole('tab', { name: 'Funnel' }).click()
    const log = page.getByRole('region', { name: 'Participant log' })
    await log.getByRole('button', { name: 'Log invitation' }).click()
    const told = await log.getByText(/^HARBOR-\d{5} invited$/).textContent()
    const invited = told?.split(' ')[0] ?? ''
    // Subject numbers are given in order, so the new one is the last.
    const more = log.getByRole('button', { name: 'Show more' })
    while (await more.isVisible()) {
      const shown = await log.getByRole('row').count()
      await more.click()
      await expect.poll(() => log.getByRole('row').count()).toBeGreaterThan(shown)
    }
    const row = log.getByRole('row').filter({ hasText: invited })
    await expect(row).toContainText('invited')
    await row.getByRole('button', { name: `Next step of ${invited}` }).click()
    await page.getByRole('option', { name: 'enrolled' }).click()
    await row.getByRole('button', { name: 'Log', exact: true }).click()
    // The row is enrolled once the choice of its next step is gone or begins anew.
    await expect(row.getByRole('button', { name: 'Log', exact: true })).toHaveCount(0)
    await expect(row.getByRole('cell', { name: 'enrolled', exact: true })).toBeVisible()
    await accessible(page, 'participant log')
  })

  const subject = await test.step('the funnel counts who the decisions list', async () => {
    await page.getByRole('tab', { name: 'Decisions' }).click()
    const given = page.getByRole('row').filter({ hasText: 'Every required consent is active.' }).last()
    const found = (await given.getByRole('cell').first().textContent()) ?? ''
    expect(found).toMatch(/^HARBOR-\d{5}$/)
    return found
  })

  await test.step('what it touches is told before anything is done', async () => {
    await page.getByRole('tab', { name: 'Withdrawals' }).click()
    await page.getByRole('button', { name: 'Record withdrawal' }).click()
    await page.getByLabel('Subject number').fill(subject)
    await page.getByRole('button', { name: 'Show what it touches' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('nobody sees what is here')
    await expect(dialog.getByRole('button', { name: 'Withdraw 1 person' })).toBeDisabled()
    await accessible(page, 'withdrawal dialog')
    await page.getByLabel('Reason, as it is audited').fill('moved abroad')
    await page.getByLabel('Evidence, such as a letter').fill('letter 12')
    await picture(page, 'withdrawal-preview')
    await dialog.getByRole('button', { name: 'Withdraw 1 person' }).click()
  })

  await test.step('it finishes store by store, and its certificate holds without a server', async () => {
    const withdrawal = page.getByRole('article', { name: `Withdrawal of ${subject}` })
    const save = withdrawal.getByRole('button', { name: 'Certificate', exact: true })
    await expect(save).toBeEnabled({ timeout: 120_000 })
    await expect(withdrawal.getByRole('img')).toHaveAccessibleName(/^(\d) of \1 stores done$/)
    await picture(page, 'withdrawal')
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()])
    const file = info.outputPath('certificate.json')
    await download.saveAs(file)
    expect((await platform.aquifer(['consent', 'certificate', 'verify', file])).stdout).toContain(`genuine: ${subject} stop-use`)
    writeFileSync(file, (await readFile(file, 'utf8')).replace('moved abroad', 'moved house'))
    expect(await platform.aquifer(['consent', 'certificate', 'verify', file])).toMatchObject({ code: 1 })
  })
})
