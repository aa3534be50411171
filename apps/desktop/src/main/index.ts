import path from 'node:path'
import { app, BrowserWindow } from 'electron'
import { answerChannels } from './answer-channels.js'
import { installMenu } from './menu.js'
import { declareScheme, serveScheme } from './scheme.js'
import { openServerAddress } from './server-address.js'
import { denyPermissions, openWindow } from './window.js'

const preload = path.join(__dirname, '../preload/index.cjs')
const page = path.join(__dirname, '../renderer')

declareScheme()

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window === undefined) return
    if (window.isMinimized()) window.restore()
    window.focus()
  })
  app.on('window-all-closed', () => app.quit())
  void app.whenReady().then(start)
} else {
  app.quit()
}

async function start(): Promise<void> {
  const server = openServerAddress(path.join(app.getPath('userData'), 'server.json'), process.argv, process.env['AQUIFER_URL'])
  denyPermissions()
  serveScheme(page, server)
  answerChannels(server)
  installMenu(app.isPackaged)
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void openWindow(preload)
  })
  await openWindow(preload)
}
