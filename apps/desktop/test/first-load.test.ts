// @vitest-environment node
// What the browser fetches before anything can be seen: scripts that the page names and what these import, compressed as they travel.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../out/renderer', import.meta.url))
const bytesMax = 350 * 1024
const isBuilt = existsSync(path.join(root, 'index.html'))

function withImports(file: string, seen: Set<string>): void {
  if (seen.has(file)) return
  seen.add(file)
  const text = readFileSync(path.join(root, file), 'utf8')
  for (const [, name = ''] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.\/[^"']+\.js)["']/g))
    withImports(path.posix.join(path.posix.dirname(file), name), seen)
}

test.runIf(isBuilt)('the first load stays within 350 kB of script', () => {
  const html = readFileSync(path.join(root, 'index.html'), 'utf8')
  const scripts = new Set<string>()
  for (const [, name = ''] of html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)) withImports(name, scripts)
  const bytes = [...scripts].reduce((sum, file) => sum + gzipSync(readFileSync(path.join(root, file))).length, 0)
  expect(scripts.size).toBeGreaterThan(5)
  expect(bytes).toBeLessThan(bytesMax)
  // The editor, the grid's files and charts come when they are needed.
  expect([...scripts].filter((file) => /monaco|editor|arrow|recharts|sql-formatter/i.test(file))).toEqual([])
})
