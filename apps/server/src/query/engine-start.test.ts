import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engines } from './engines.js'
import { seated } from './in-engine.js'
import { isolation } from './isolation.js'
import { statementLimits as limits } from './limits.js'

// A reservoir that is nowhere cannot be shown to a process in namespaces of its own, so that process ends before it begins.
test.runIf(isolation().mode === 'full')('an engine that does not start is told as a matter of the moment, and keeps no seat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aquifer-engine-'))
  const at = (name: string) => join(folder, name)
  const engines = new Engines({ reservoirOf: () => at('nowhere'), resultsOf: () => at('results'), workFolder: at('work'), isolated: true })
  const { signal } = new AbortController()
  const work = {
    study: 'S',
    filesFolder: at('files'),
    caller: 'ann',
    limits,
    signal,
    onStart: () => undefined,
    onProgress: () => undefined,
  }
  try {
    for (let each = 0; each < 3; each++)
      expect(await seated(engines, work, async () => 'ran')).toMatchObject({ refusal: 'not-ready', retryAfterS: 10 })
    expect(engines.waiting).toBe(0)
  } finally {
    await engines.close()
    await rm(folder, { recursive: true, force: true })
  }
})
