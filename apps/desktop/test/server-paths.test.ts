import { expect, test } from 'vitest'
import { isServerPath } from '../src/bridge/page-policy.js'

const sources = import.meta.glob<string>('../src/renderer/**/*.{ts,tsx}', { query: '?raw', eager: true, import: 'default' })

test('in the desktop program, too, every address that the page asks is the server\u2019s to answer', () => {
  const asked = Object.entries(sources)
    .filter(([file]) => !/\.test\.tsx?$/.test(file))
    .flatMap(([, text]) => [...text.matchAll(/['"`](\/[a-z-]+\/api\/v1)/g)].map((match) => match[1]!))
  expect(new Set(asked).size).toBeGreaterThan(8)
  expect([...new Set(asked)].filter((path) => !isServerPath(`${path}/`))).toEqual([])
})

test('files of the page are not', () => {
  expect(['/index.html', '/assets/main.js', '/querying.js'].filter(isServerPath)).toEqual([])
})
