#!/usr/bin/env node
// Runs the compiled program; checked in, so that npm can link it before the first build.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = new URL('../dist/main.js', import.meta.url)
if (!existsSync(fileURLToPath(program))) {
  process.stderr.write('aquifer is not built yet: run "npm run build" in the repository first\n')
  process.exit(1)
}
const { run } = await import(program.href)
await run(process.argv)
