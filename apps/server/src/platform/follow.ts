import { Sleeper } from '../storage/index.js'

/** Does a pass again and again, and once more when it is told to stop. */
export function follow(pass: () => Promise<void>, everyMs: number, onFailure: (error: unknown) => void): { stop(): Promise<void> } {
  const sleeper = new Sleeper()
  let stopping = false
  const work = async (): Promise<void> => {
    for (;;) {
      const last = stopping
      await pass().catch(onFailure)
      if (last) return
      await sleeper.sleep(everyMs)
    }
  }
  const running = work()
  return {
    async stop() {
      stopping = true
      sleeper.end()
      await running
    },
  }
}
