// Every text, mark and edge of tokens.css against every ground it may stand on, in each theme: WCAG 2.2, text 4.5 (7 in the contrast
// themes), marks and edges 3.
import { describe, expect, test } from 'vitest'
import css from './tokens.css?raw'

const text = 4.5
const mark = 3
type Pair = [ink: string, ground: string, floor: number]

const plain = css.replaceAll(/\/\*[\s\S]*?\*\//g, '')
const themes = readThemes()
const shared = themes.get('shared')!

function readThemes(): Map<string, Record<string, string>> {
  const found = new Map<string, Record<string, string>>()
  for (const [, selector = '', body = ''] of plain.matchAll(/((?::root|\[data-theme)[^{}]*)\{([^{}]*)\}/g)) {
    const names = [...selector.matchAll(/data-theme="([\w-]+)"/g)].map((match) => match[1]!)
    for (const name of names.length > 0 ? names : ['shared']) {
      const values = found.get(name) ?? {}
      for (const [, key, value] of body.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6})/g)) values[key!] = value!
      found.set(name, values)
    }
  }
  return found
}

function luminance(hex: string): number {
  const weights = [0.2126, 0.7152, 0.0722]
  return weights.reduce((sum, weight, at) => {
    const value = Number.parseInt(hex.slice(1 + at * 2, 3 + at * 2), 16) / 255
    return sum + weight * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  }, 0)
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['bg-chrome', 'bg-canvas', 'bg-surface', 'bg-raised', 'bg-sunken']
const all = (inks: string[], on: string[], floor: number): Pair[] => inks.flatMap((ink) => on.map((ground): Pair => [ink, ground, floor]))
const softs = ['ok', 'warn', 'bad', 'info', 'idle', 'zone-open', 'zone-deep', 'accent'].map((name) => `${name}-soft`)

const pairs: Pair[] = [
  ...all(['ink-1', 'ink-2', 'ink-3', 'accent-ink'], [...grounds, 'bg-hover', 'bg-selected'], text),
  ...all(['on-accent'], ['accent', 'accent-hover'], text),
  ...['ok', 'warn', 'bad', 'info', 'idle'].flatMap((status) => [
    ...all([`${status}-ink`], [`${status}-soft`, 'bg-surface', 'bg-canvas', 'bg-chrome', 'bg-raised'], text),
    ...all([`${status}-mark`], ['bg-surface', 'bg-canvas', 'bg-raised', `${status}-soft`], mark),
  ]),
  ...all(['ink-1', 'ink-2'], softs, text),
  ...all(['zone-open'], ['zone-open-soft', 'bg-surface', 'bg-canvas', 'bg-chrome'], text),
  ...all(['zone-deep'], ['zone-deep-soft', 'bg-surface', 'bg-canvas', 'bg-chrome'], text),
  ...all(['hatch-ink'], ['hatch-bg'], text),
  ...all(
    ['code-keyword', 'code-string', 'code-number', 'code-name', 'code-comment', 'code-text'],
    ['bg-surface', 'bg-sunken', 'bg-selected'],
    text,
  ),
  ...all(['chart-ink'], ['bg-surface'], text),
  ...all(['chart-axis', 'c-1', 'c-2', 'c-3', 'c-4', 'c-5'], ['bg-surface'], mark),
  ...all(['line-control'], grounds, mark),
  ...all(['focus'], [...grounds, 'bg-selected', 'bg-hover'], mark),
  ...all(['accent'], ['bg-surface', 'bg-canvas', 'bg-chrome', 'bg-raised'], mark),
]

describe.each(['light', 'dark', 'contrast-light', 'contrast-dark'])('%s', (theme) => {
  const value = { ...shared, ...themes.get(theme) }

  test(`${pairs.length} pairs reach their floor`, () => {
    const missed = pairs.flatMap(([ink, ground, floor]) => {
      const need = theme.startsWith('contrast') && floor === text && !/^(hatch|on-)/.test(ink) ? 7 : floor
      const ratio = contrast(value[ink]!, value[ground]!)
      return ratio < need ? [`${ink} on ${ground}: ${ratio.toFixed(2)} < ${need}`] : []
    })
    expect(missed).toEqual([])
  })

  test.each([
    ['c-1', 'c-2'],
    ['c-2', 'c-1'],
  ])('the line of %s stays visible over both filled bands', (line, other) => {
    const ground = over(value[other]!, over(value[line]!, value['bg-surface']!))
    expect(contrast(value[line]!, ground)).toBeGreaterThanOrEqual(mark)
  })
})

const bandFill = Number(/--band-fill:\s*([\d.]+)/.exec(plain)?.[1])

function over(top: string, under: string): string {
  const channel = (hex: string, at: number) => Number.parseInt(hex.slice(at, at + 2), 16)
  const mixed = [1, 3, 5].map((at) => Math.round(channel(under, at) * (1 - bandFill) + channel(top, at) * bandFill))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
