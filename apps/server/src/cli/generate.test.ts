import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { CommanderError } from 'commander'
import { CommandFailed } from './failure.js'
import { generateCommand } from './generate.js'

async function run(...words: string[]): Promise<string> {
  const out = new PassThrough()
  const written = text(out)
  await generateCommand(out)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(words, { from: 'user' })
    .finally(() => out.end())
  return written
}

test('writes the same lines for the same seed', async () => {
  const first = await run('--patients', '4', '--seed', '7')
  expect(await run('--patients', '4', '--seed', '7')).toBe(first)
  expect(await run('--patients', '4', '--seed', '8')).not.toBe(first)
  const types = first
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { resourceType: string }).resourceType)
  expect(types.filter((type) => type === 'Patient')).toHaveLength(4)
})

test('bundles hold one person each, after what all share', async () => {
  const out = await run('--patients', '3', '--format', 'bundles')
  const bundles = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; entry: { resource: { resourceType: string } }[] })
  expect(bundles.map(({ entry }) => entry.filter(({ resource }) => resource.resourceType === 'Patient').length)).toEqual([0, 1, 1, 1])
})

test('a reader that leaves early is no failure', async () => {
  const out = new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    },
  })
  await generateCommand(out).parseAsync(['--patients', '40'], { from: 'user' })
})

test('a reader that fails is one', async () => {
  const out = new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('disk full'), { code: 'ENOSPC' }))
    },
  })
  await expect(generateCommand(out).parseAsync(['--patients', '40'], { from: 'user' })).rejects.toThrow(CommandFailed)
})

test.each([
  [['--patients', '0']],
  [['--patients', 'many']],
  [['--patients', '1', '--as-of', '2023-02-30']],
  [['--patients', '1', '--format', 'csv']],
  [['--patients', '1', '--study', 'select']],
  [[]],
])('wrong usage %j is refused before anything is written', async (words) => {
  await expect(run(...words)).rejects.toThrow(CommanderError)
})
