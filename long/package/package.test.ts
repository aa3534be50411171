// The packaged desktop app, as electron-builder makes it: what is in it, what is not, and which doors are locked.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import asar from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// the fuse wire is text in the program: '0' is off, '1' is on
const off = '0'.charCodeAt(0)
const on = '1'.charCodeAt(0)
const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const desktop = path.join(root, 'apps/desktop')
const folders = [process.env['ELECTRON_OVERRIDE_DIST_PATH'], path.join(root, 'node_modules/electron/dist')]
const electron = folders.find((folder) => folder !== undefined && existsSync(path.join(folder, 'electron')))
if (electron === undefined)
  console.log('note: no Electron on this machine: the packaged app is left out, its configuration is still checked')

test('the configuration names its target, its files and its fuses', () => {
  const configuration = readFileSync(path.join(desktop, 'electron-builder.yml'), 'utf8')
  for (const line of [
    'runAsNode: false',
    'enableNodeOptionsEnvironmentVariable: false',
    'enableNodeCliInspectArguments: false',
    'onlyLoadAppFromAsar: true',
    'publish: null',
  ])
    expect(configuration).toContain(line)
})

describe.runIf(electron !== undefined && process.platform === 'linux')('the packaged app', () => {
  const work = mkdtempSync(path.join(os.tmpdir(), 'aquifer-package-'))
  const unpacked = path.join(work, 'release/linux-unpacked')
  const archive = path.join(unpacked, 'resources/app.asar')

  beforeAll(async () => {
    const dist = path.join(work, 'electron')
    cpSync(electron!, dist, { recursive: true, dereference: true })
    // electron-builder copies an unpacked runtime as it is; the sample app in it is not ours to ship
    rmSync(path.join(dist, 'resources/default_app.asar'), { force: true })
    const { stdout: version } = await run(path.join(electron!, 'electron'), ['-p', 'process.versions.electron'], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    })
    await run(
      path.join(root, 'node_modules/.bin/electron-builder'),
      [
        '--linux',
        'dir',
        '--publish',
        'never',
        `-c.electronDist=${dist}`,
        `-c.electronVersion=${version.trim()}`,
        `-c.directories.output=${path.join(work, 'release')}`,
      ],
      { cwd: desktop, maxBuffer: 64 * 1024 * 1024 },
    )
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  test('holds the three bundles and no source, map or package of development', () => {
    const files = asar.listPackage(archive, { isPack: false })
    for (const file of ['/out/main/index.cjs', '/out/preload/index.cjs', '/out/renderer/index.html', '/package.json'])
      expect(files).toContain(file)
    expect(files.filter((file) => /\.(ts|tsx|map)$|^\/src\/|\/node_modules\/(electron|vite|monaco-editor)\//.test(file))).toEqual([])
    expect(existsSync(path.join(unpacked, 'resources/default_app.asar'))).toBe(false)
  })

  test('has its fuses set: no Node mode, no inspector, code from the archive only', async () => {
    const wire = await getCurrentFuseWire(path.join(unpacked, 'aquifer-workbench'))
    const state = (fuse: FuseV1Options): number | undefined => wire[fuse]
    expect(state(FuseV1Options.RunAsNode)).toBe(off)
    expect(state(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(off)
    expect(state(FuseV1Options.EnableNodeCliInspectArguments)).toBe(off)
    expect(state(FuseV1Options.OnlyLoadAppFromAsar)).toBe(on)
  })
})
