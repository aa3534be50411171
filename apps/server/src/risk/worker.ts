import { parentPort, workerData } from 'node:worker_threads'
import { answerTo, type Question } from './findings.js'

// A thread that lives for one question: of a large study the subsets of attributes take seconds, in which the server has to answer others.
parentPort?.postMessage(answerTo(workerData as Question), [])
