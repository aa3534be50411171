import { useSyncExternalStore } from 'react'
import { themeChoices, type ThemeChoice } from '../../bridge/channels.js'

export type Theme = Exclude<ThemeChoice, 'system'>

const key = 'aquifer.theme'
const dark = '(prefers-color-scheme: dark)'
const contrast = '(prefers-contrast: more)'

function stored(): ThemeChoice {
  const value = localStorage.getItem(key)
  return themeChoices.find((choice) => choice === value) ?? 'system'
}

function resolved(choice: ThemeChoice): Theme {
  if (choice !== 'system') return choice
  const shade = matchMedia(dark).matches ? 'dark' : 'light'
  return matchMedia(contrast).matches ? `contrast-${shade}` : shade
}

export interface ThemeControl {
  theme: Theme
  choice: ThemeChoice
  choose(choice: ThemeChoice): void
}

const apply = () => {
  const { dataset } = document.documentElement
  dataset['theme'] = resolved(stored())
  dataset['density'] = storedDensity()
}

const listeners = new Set<() => void>()
const changed = () => {
  apply()
  for (const listener of listeners) listener()
}

export type Density = 'comfortable' | 'compact'
const densityKey = 'aquifer.density'
const storedDensity = (): Density => (localStorage.getItem(densityKey) === 'compact' ? 'compact' : 'comfortable')

/** Rows of 28 or 24 pixels. */
export const rowHeights: Record<Density, number> = { comfortable: 28, compact: 24 }

/** Another tab chose a look. */
const elsewhere = (event: StorageEvent) => {
  if (event.key === key || event.key === densityKey) changed()
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    addEventListener('storage', elsewhere)
    for (const query of [dark, contrast]) matchMedia(query).addEventListener('change', changed)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    removeEventListener('storage', elsewhere)
    for (const query of [dark, contrast]) matchMedia(query).removeEventListener('change', changed)
  }
}

function choose(choice: ThemeChoice): void {
  if (choice === 'system') localStorage.removeItem(key)
  else localStorage.setItem(key, choice)
  void window.aquifer?.invoke('theme.use', choice)
  changed()
}

/** The theme on screen. The attribute on <html> is the one truth for CSS; this is the same for charts and the editor. */
export function useTheme(): ThemeControl {
  const choice = useSyncExternalStore(subscribe, stored)
  const theme = useSyncExternalStore(subscribe, () => resolved(stored()))
  return { theme, choice, choose }
}

export function useDensity(): { density: Density; chooseDensity(density: Density): void } {
  const density = useSyncExternalStore(subscribe, storedDensity)
  return { density, chooseDensity }
}

function chooseDensity(density: Density): void {
  if (density === 'compact') localStorage.setItem(densityKey, density)
  else localStorage.removeItem(densityKey)
  changed()
}
