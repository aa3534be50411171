// An analyst uploads a file, vouches for it, is warned, reads its first rows and takes it away again.
import { readFile } from 'node:fs/promises'
import { accessible, expect, look, signIn, test } from '../world/index.js'
import { picture } from '../world/screens.js'

const rows = 'visit,value,email\n1,7.5,ann@example.org\n2,8.25,\n'

test('a file is uploaded, warned of, previewed, downloaded and removed', async ({ page, platform }, info) => {
  await signIn(page, platform.url, 'ada')
  await page.getByRole('link', { name: 'Files', exact: true }).click()
  const upload = page.getByRole('region', { name: 'Upload', exact: true })
  const list = page.getByRole('region', { name: 'In this study', exact: true })

  await test.step('it needs a file and a word for it', async () => {
    await upload.locator('input[type=file]').setInputFiles({ name: 'visit labs.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
    await expect(upload.getByRole('button', { name: 'Needs your attestation' })).toBeDisabled()
    await upload.getByLabel(/^Attestation/).fill('Names and dates were removed by the laboratory.')
    await upload.getByRole('button', { name: 'Vouch and upload' }).click()
    await expect(upload.getByRole('status')).toContainText('1 value looks like a mail address, first in line 2')
  })

  await test.step('it is in the list, and its first rows are a table', async () => {
    await list.getByRole('button', { name: 'Open visit labs.csv' }).click()
    const drawer = page.getByRole('complementary', { name: 'File visit labs.csv' })
    await expect(drawer).toContainText('Names and dates were removed by the laboratory.')
    await expect(drawer.getByRole('cell', { name: '8.25' })).toBeVisible()
    await drawer.getByRole('button', { name: 'Copy SQL' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('select * from "visit labs.csv" limit 100')
    for (const theme of ['light', 'dark'] as const) {
      await look(page, theme)
      await accessible(page, `files, ${theme}`)
      await picture(page, `files-${theme}`)
    }
    await look(page, 'light')
    const [download] = await Promise.all([page.waitForEvent('download'), drawer.getByRole('button', { name: 'Download' }).click()])
    const file = info.outputPath('labs.csv')
    await download.saveAs(file)
    expect(await readFile(file, 'utf8')).toBe(rows)
  })

  await test.step('it goes with a reason', async () => {
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByLabel(/^Reason/).fill('uploaded by mistake')
    await page.getByRole('button', { name: 'Remove 1 file' }).click()
    await expect(list.getByText('No file yet')).toBeVisible()
  })
})
