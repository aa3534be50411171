// The one table of what the page may ask of the desktop program. Preload and main both read it; nothing else crosses.

export type ThemeChoice = 'system' | 'light' | 'dark' | 'contrast-light' | 'contrast-dark'
export const themeChoices: readonly ThemeChoice[] = ['system', 'light', 'dark', 'contrast-light', 'contrast-dark']

export interface AppInfo {
  version: string
  electron: string
  platform: string
  packaged: boolean
}

export interface Channels {
  'app.info': { request: undefined; answer: AppInfo }
  'server.address': { request: undefined; answer: string }
  'server.use': { request: string; answer: string }
  'theme.use': { request: ThemeChoice; answer: null }
  /** The page as it would be printed, as PDF. */
  'page.pdf': { request: { title: string }; answer: Uint8Array }
}
export type Channel = keyof Channels

const names: Record<Channel, true> = { 'app.info': true, 'server.address': true, 'server.use': true, 'theme.use': true, 'page.pdf': true }
export const channels = Object.keys(names) as Channel[]

export function isChannel(name: string): name is Channel {
  return Object.hasOwn(names, name)
}

/** What preload puts on `window.aquifer`; absent in a plain browser. */
export interface Bridge {
  invoke<C extends Channel>(channel: C, request: Channels[C]['request']): Promise<Channels[C]['answer']>
}
