import path from 'node:path'
import { BrowserWindow, nativeTheme, session, shell } from 'electron'
import { pageOrigin } from '../bridge/page-policy.js'

/** The page asks for nothing of the machine: camera, location, notifications and the like are refused before anybody is asked. */
export function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === 'clipboard-sanitized-write'))
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => permission === 'clipboard-sanitized-write')
}

export async function openWindow(preload: string): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    autoHideMenuBar: true,
    title: 'Aquifer',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#111417' : '#F7F8F9',
    webPreferences: {
      preload: path.resolve(preload),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  guardNavigation(window)
  window.once('ready-to-show', () => window.show())
  await window.loadURL(`${pageOrigin}/index.html`)
  return window
}

/** Links leave for the system's browser, and only over https; the window itself never leaves its page. */
function guardNavigation(window: BrowserWindow): void {
  const { webContents } = window
  webContents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url)
    return { action: 'deny' }
  })
  webContents.on('will-navigate', (event, url) => {
    if (!url.startsWith(`${pageOrigin}/`)) event.preventDefault()
  })
  webContents.on('will-attach-webview', (event) => event.preventDefault())
}
