// The thread in which a server lives, see roomy-thread.ts.
import { run } from './index.js'

await run(process.argv)
