// The same renderer runs in Electron and in a plain browser: it knows neither Node, nor Electron, nor the server, and nothing of
// another origin.
import { describe, expect, test } from 'vitest'

const sources = import.meta.glob<string>('../src/renderer/**/*.{ts,tsx,css,html}', { query: '?raw', eager: true, import: 'default' })
const product = Object.entries(sources).filter(([file]) => !/\.test\.tsx?$/.test(file))

const imported = (text: string): string[] => [...text.matchAll(/(?:from|import|import\()\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!)

describe('the renderer', () => {
  test('is read by this test', () => {
    expect(product.length).toBeGreaterThan(60)
  })

  test('imports neither Node, Electron nor the server', () => {
    const foreign = product.flatMap(([file, text]) =>
      imported(text)
        .filter((name) => /^(node:|electron|fs$|path$|child_process$|@aquifer\/server)|apps\/server|\/(main|preload)\//.test(name))
        .map((name) => `${file}: ${name}`),
    )
    expect(foreign).toEqual([])
  })

  test('takes nothing from another origin', () => {
    const remote = product
      .filter(([, text]) => /(src|href)=["']https?:|url\(["']?https?:|fetch\(["'`]https?:/.test(text))
      .map(([file]) => file)
    expect(remote).toEqual([])
  })

  test('puts no HTML of anybody into the page', () => {
    const unsafe = product.filter(([, text]) =>
      /dangerouslySetInnerHTML|\.innerHTML\s*=|insertAdjacentHTML|\beval\(|new Function\(/.test(text),
    )
    expect(unsafe.map(([file]) => file)).toEqual([])
  })

  test('keeps no token outside of this tab, and no result at all', () => {
    const stores = product.filter(([, text]) => /localStorage|indexedDB/.test(text)).map(([file]) => file.replace('../src/renderer/', ''))
    expect(stores.sort()).toEqual([
      'features/notebook/DeskProvider.tsx',
      // Which tabs lie open, whether the tour is over, the bottom panel, which keys do what.
      'features/notebook/NotebooksPage.tsx',
      // What is typed and not yet saved.
      'features/notebook/journal-storage.ts',
      'features/notebook/tour/tour.ts',
      'features/shell/bottom.ts',
      'features/shell/keys.ts',
      'features/shell/own-keys.ts',
      'ui/theme.ts',
    ])
  })
})
