import { Worker } from 'node:worker_threads'
import { programPath } from '../storage/index.js'
import type { Answers, Question } from './findings.js'

/** Asks in a thread of its own. */
export function inThread<Asked extends Question>(question: Asked): Promise<Answers[Asked['kind']]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(programPath('risk/worker'), { workerData: question, env: {} })
    worker.once('message', (answer: Answers[Asked['kind']]) => {
      resolve(answer)
      void worker.terminate()
    })
    // What went wrong may quote a value: only its name is told.
    worker.once('error', (error) => reject(new Error(`risk cannot be worked out: ${error instanceof Error ? error.name : 'unknown'}`)))
    worker.once('exit', () => reject(new Error('risk cannot be worked out: the thread ended')))
  })
}
