// `npm start`: install, build, serve the demo study, open the workbench.
import { spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { build, checkNode, electronBinary, install, root } from './prepare.mjs'

checkNode()
await install()
await build()

const free = (port) =>
  new Promise((resolve) => {
    const probe = net.createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
const wanted = Number(process.env.AQUIFER_PORT ?? 8080)
let port = wanted
while (port < wanted + 200 && !(await free(port))) port += 1
if (port !== wanted) console.error(`port ${wanted} is taken, using ${port}`)

const server = spawn(
  process.execPath,
  [path.join(root, 'apps/server/bin/aquifer.mjs'), 'demo', '--port', String(port), ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
let workbench
let stopping = false
const stop = () => {
  if (stopping) return
  stopping = true
  workbench?.kill('SIGTERM')
  server.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
server.on('exit', (code) => process.exit(stopping ? 0 : (code ?? 1)))

let text = ''
let opened = false
server.stdout.setEncoding('utf8').on('data', (chunk) => {
  process.stdout.write(chunk)
  text += chunk
  const url = /^ready (http\S+)$/m.exec(text)?.[1]
  if (url === undefined || opened) return
  opened = true
  openWorkbench(url)
})

function openWorkbench(url) {
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  const electron = electronBinary()
  if (!display || electron === undefined) {
    console.error(`workbench: open ${url} in a browser. Ctrl+C stops the server.`)
    return
  }
  // Chromium refuses to sandbox as root; the page is our own either way.
  const args = [path.join(root, 'apps/desktop'), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  workbench = spawn(electron, args, { cwd: root, stdio: 'ignore', env: { ...process.env, AQUIFER_URL: url } })
  workbench.on('error', () => console.error(`Electron could not be started; open ${url} in a browser.`))
  console.error(`workbench: opened in Electron; the same at ${url}. Ctrl+C stops the server.`)
}
