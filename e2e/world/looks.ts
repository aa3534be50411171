import { expect, type Page } from '@playwright/test'
import { accessible, contrastToo, look } from './index.js'
import { picture } from './screens.js'

/** A screen that has come to rest. In the long run in light and dark: judged by every rule in light, and in dark for contrast, since nothing else differs. */
export async function inBothLooks(page: Page, name: string, { kept = true } = {}): Promise<void> {
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  if (!contrastToo) return accessible(page, name)
  for (const theme of ['light', 'dark'] as const) {
    await look(page, theme)
    await accessible(page, `${name}, ${theme}`, theme === 'light' ? {} : { rules: ['color-contrast'] })
    if (kept) await picture(page, `${name}-${theme}`)
  }
  await look(page, 'light')
}
