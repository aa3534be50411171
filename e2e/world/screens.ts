import { copyFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'

const results = fileURLToPath(new URL('../test-results/screens', import.meta.url))

/** A picture of a screen, and a copy for the README where AQUIFER_SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  // Toasts and the pointer's marks are of the moment, not of the screen.
  await page.mouse.move(0, 0)
  const file = path.join(results, `${name}.png`)
  mkdirSync(results, { recursive: true })
  await page.screenshot({ path: file, animations: 'disabled' })
  const folder = process.env['AQUIFER_SCREENSHOTS']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  copyFileSync(file, path.join(folder, `${name}.png`))
}
