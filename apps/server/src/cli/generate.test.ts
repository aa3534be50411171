import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { CommanderError } from 'commander'
import { generateCommand } from './generate.js'

async function run(...words: string[]): Promise<{ out: string; log: string }> {
  const out = new PassThrough()
  const log = new PassThrough()
  const both = Promise.all([text(out), text(log)])
  await generateCommand({ out, log })
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(words, { from: 'user' })
    .finally(() => {
      out.end()
      log.end()
    })
  const [written, told] = await both
  return { out: written, log: told }
}

test('writes the same lines for the same seed and tells progress beside them', async () => {
  const first = await run('--patients', '4', '--seed', '7')
  expect((await run('--patients', '4', '--seed', '7')).out).toBe(first.out)
  expect((await run('--patients', '4', '--seed', '8')).out).not.toBe(first.out)
  const lines = first.out.trimEnd().split('\n')
  expect(
    lines.map((line) => (JSON.parse(line) as { resourceType: string }).resourceType).filter((type) => type === 'Patient'),
  ).toHaveLength(4)
  expect(first.log).toContain(`4 people, ${lines.length} resources\n`)
})

test('bundles hold one person each, after what all share', async () => {
  const { out } = await run('--patients', '3', '--format', 'bundles')
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
  await generateCommand({ out, log: new PassThrough() }).parseAsync(['--patients', '40'], { from: 'user' })
})

test('a reader that fails is one', async () => {
  const out = new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('disk full'), { code: 'ENOSPC' }))
    },
  })
  const command = generateCommand({ out, log: new PassThrough() })
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  await expect(command.parseAsync(['--patients', '40'], { from: 'user' })).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('ENOSPC') as string,
  })
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
