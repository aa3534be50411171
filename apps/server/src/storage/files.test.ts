import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { armFaults, disarmFaults, faultPoint, openDuckDb, openFolderStore, packageRoot, programPath, writeAtomically } from './index.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aquifer-files-'))
})
afterEach(async () => {
  disarmFaults()
  await rm(folder, { recursive: true, force: true })
})

test('a file is replaced whole, closed to others, and leaves nothing beside it', async () => {
  const path = join(folder, 'manifest.json')
  await writeAtomically(path, 'one')
  await writeAtomically(path, Buffer.from('two'))
  expect(await readFile(path, 'utf8')).toBe('two')
  expect(await readdir(folder)).toEqual(['manifest.json'])
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600)
  await expect(writeAtomically(join(folder, 'none', 'x'), 'x')).rejects.toThrow('ENOENT')
})

test('a reader never sees half a file while it is replaced again and again', async () => {
  const path = join(folder, 'busy')
  const texts = ['a'.repeat(100_000), 'b'.repeat(50_000)]
  await writeAtomically(path, texts[0]!)
  let writing = true
  const writer = (async () => {
    for (let i = 0; i < 30; i += 1) await writeAtomically(path, texts[i % 2]!)
    writing = false
  })()
  while (writing) expect(texts).toContain(await readFile(path, 'utf8'))
  await writer
})

test('a folder keeps objects: whole, under names with folders, gone when removed', async () => {
  const store = openFolderStore(join(folder, 'lake'))
  expect([await store.get('a'), await store.names(), await store.folders()]).toEqual([null, [], []])
  await store.at('S').put('a', 'one')
  await store.at('S').replace('a', 'two')
  await store.append('b', Buffer.from('three'), 0)
  await store.append('b', Buffer.from('four'), 2)
  expect([String(await store.get('S/a')), String(await store.get('b'))]).toEqual(['two', 'thfour'])
  expect([await store.names(), await store.folders(), await store.at('S').names()]).toEqual([['b'], ['S'], ['a']])
  expect([await store.fetchTo('S/a', join(folder, 'copy')), await store.fetchTo('S/none', join(folder, 'none'))]).toEqual([true, false])
  await store.putFile('T/c', join(folder, 'copy'))
  expect(String(await store.get('T/c'))).toBe('two')
  expect([await store.copy('S/a', 'T/d'), await store.copy('S/none', 'T/e')]).toEqual([true, false])
  await store.remove('S/a')
  await store.remove('S/a')
  await store.at('T').clear()
  expect([await store.get('S/a'), await store.get('T/c')]).toEqual([null, null])
})

test('a fault point does nothing unless armed; then it fails or delays at the hit that was named', async () => {
  await faultPoint('lake.append')
  armFaults('lake.append=fail@2, lake.slow=delay:30')
  await faultPoint('lake.append')
  await expect(faultPoint('lake.append')).rejects.toThrow('injected fault at lake.append')
  await faultPoint('lake.append')
  await faultPoint('lake.slow')
  expect(() => armFaults('nonsense')).toThrow('not a fault')
})

test('a fault point may kill the process', async () => {
  const door = pathToFileURL(programPath('storage/index')).href
  const program = `import { armFaults, faultPoint } from '${door}'; armFaults('here=kill'); await faultPoint('here'); console.log('alive')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)))
  expect([signal, output]).toEqual(['SIGKILL', ''])
})

test('DuckDB opens without the right to fetch extensions', async () => {
  const db = await openDuckDb({ threads: 1, memoryLimitMb: 200 })
  const rows = await db.connection.runAndReadAll(
    `select current_setting('autoinstall_known_extensions') as i, current_setting('autoload_known_extensions') as l`,
  )
  expect(rows.getRowObjects()).toEqual([{ i: false, l: false }])
  db.close()
})

test('programs are those of the build, wherever the caller runs from', () => {
  expect(programPath('masking/worker')).toBe(`${packageRoot}dist/masking/worker.js`)
  expect(packageRoot.endsWith('apps/server/')).toBe(true)
})
