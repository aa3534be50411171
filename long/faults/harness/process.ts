// A process that can be ended as by kill -9 without a process of its own: starting one takes two seconds of CPU, hundreds of times.
// What runs within `run` is known by its asynchronous context. Once it has ended, no file call, no connection and no timer of it comes
// back or begins: its code stops where it is, no cleanup runs, its sessions with the database break and its children lose their parent.
import { AsyncLocalStorage } from 'node:async_hooks'
import childProcess, { type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import fsPromises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import workerThreads from 'node:worker_threads'

const current = new AsyncLocalStorage<KillableProcess>()
const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

type Call = (...args: never[]) => unknown
type Calls = Record<string, Call>

export class KillableProcess {
  /** Resolves when it has been killed. */
  readonly ended: Promise<void>
  killed = false
  readonly #sockets = new Set<net.Socket>()
  readonly #children = new Set<ChildProcess>()
  readonly #threads = new Set<workerThreads.Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #files = new Set<FileHandle>()
  #end: () => void = () => undefined

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  run<T>(work: () => T): T {
    return current.run(this, work)
  }

  kill(): void {
    if (this.killed) return
    this.killed = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
    for (const thread of this.#threads) void thread.terminate()
    for (const file of this.#files) closeQuietly(file)
    // Children are not killed: as after a real kill they find out by themselves.
    for (const child of this.#children) orphan(child)
    this.#end()
  }

  static get current(): KillableProcess | undefined {
    return current.getStore()
  }

  holds(held: net.Socket | ChildProcess | workerThreads.Worker): void {
    if (held instanceof net.Socket) {
      this.#sockets.add(held)
      held.once('close', () => this.#sockets.delete(held))
    } else if (held instanceof workerThreads.Worker) {
      this.#threads.add(held)
      held.once('exit', () => this.#threads.delete(held))
    } else {
      this.#children.add(held)
      held.once('exit', () => this.#children.delete(held))
    }
  }

  /** As the kernel does it, its files are closed with it. */
  opens(file: FileHandle): FileHandle {
    if (this.killed) closeQuietly(file)
    else {
      this.#files.add(file)
      file.once('close', () => this.#files.delete(file))
    }
    return file
  }

  waits(timer: NodeJS.Timeout): NodeJS.Timeout {
    // What its connections told when they broke goes on in its code: to wait is as far as it comes.
    if (this.killed) clearTimeout(timer)
    else this.#timers.add(timer)
    return timer
  }
}

function orphan(child: ChildProcess): void {
  if (child.connected) child.disconnect()
  for (const stream of child.stdio) stream?.destroy()
  child.unref()
}

/** A call that neither begins nor comes back in a process that has ended. */
function stopping(call: Call): Call {
  return function (this: unknown, ...args: never[]) {
    const owner = current.getStore()
    if (owner === undefined) return call.apply(this, args)
    if (owner.killed) return never()
    const answer = call.apply(this, args)
    if (!(answer instanceof Promise)) return answer
    return new Promise((resolve, reject) => {
      answer.then(
        (value: unknown) => owner.killed || resolve(value),
        (error: Error) => owner.killed || reject(error),
      )
    })
  }
}

let installed = false
const closeQuietly = (file: FileHandle): void => void file.close().catch(() => undefined)

/** Once for the whole of this real process. */
export async function makeKillable(): Promise<void> {
  if (installed) return
  installed = true
  const file = await fsPromises.open(process.execPath, 'r')
  const handles = Object.getPrototypeOf(file) as Calls
  await file.close()
  for (const name of Object.getOwnPropertyNames(handles)) {
    if (name === 'constructor' || name === 'fd' || typeof Object.getOwnPropertyDescriptor(handles, name)?.value !== 'function') continue
    if (['read', 'write', 'writeFile', 'readFile', 'sync', 'datasync', 'appendFile', 'truncate', 'stat'].includes(name))
      handles[name] = stopping(handles[name])
  }
  const promises = fsPromises as unknown as Calls
  const open = promises['open']
  promises['open'] = async (...args: never[]) => {
    const opened = (await open.apply(fsPromises, args)) as FileHandle
    return current.getStore()?.opens(opened) ?? opened
  }
  for (const [name, call] of Object.entries(promises)) if (typeof call === 'function') promises[name] = stopping(call)
  const sync = fs as unknown as Calls
  for (const name of ['writeFileSync', 'renameSync', 'rmSync', 'unlinkSync', 'mkdirSync', 'writeSync', 'appendFileSync'])
    sync[name] = refusing(sync[name])
  wrapSockets()
  wrapChildren()
  wrapTimers()
  syncBuiltinESMExports()
}

/** A call that cannot wait for ever: it must not do anything. */
function refusing(call: Call): Call {
  return function (this: unknown, ...args: never[]) {
    if (current.getStore()?.killed) throw new Error('this process has ended')
    return call.apply(this, args)
  }
}

function wrapSockets(): void {
  const sockets = net.Socket.prototype as unknown as Calls
  const connect = sockets['connect']
  sockets['connect'] = function (this: net.Socket, ...args: never[]) {
    const owner = current.getStore()
    if (owner?.killed) return this
    owner?.holds(this)
    return connect.apply(this, args)
  }
}

function wrapChildren(): void {
  const kill = process.kill.bind(process)
  process.kill = (...args) => current.getStore()?.killed === true || kill(...args)
  const calls = childProcess as unknown as Calls
  for (const name of ['spawn', 'fork']) {
    const call = calls[name]
    calls[name] = function (this: unknown, ...args: never[]) {
      const owner = current.getStore()
      if (owner?.killed) throw new Error('this process has ended')
      const child = call.apply(this, args) as ChildProcess
      owner?.holds(child)
      return child
    }
  }
  const { Worker } = workerThreads
  class Held extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args)
      current.getStore()?.holds(this)
    }
  }
  Object.assign(workerThreads, { Worker: Held })
}

function wrapTimers(): void {
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const call = globalThis[name] as unknown as (...args: unknown[]) => NodeJS.Timeout
    const wrapped = (...args: unknown[]): NodeJS.Timeout => {
      const timer = call(...args)
      return current.getStore()?.waits(timer) ?? timer
    }
    const promisified = (call as unknown as Record<symbol, unknown>)[promisify]
    if (promisified !== undefined) Object.defineProperty(wrapped, promisify, { value: promisified })
    Object.assign(globalThis, { [name]: wrapped })
    Object.assign(timers, { [name]: wrapped })
  }
  const sleeps = timersPromises as unknown as Calls
  // Turns of computing go on: their outcome may be kept for all processes of this one (masking/leak-gate.ts), and reaches no store.
  sleeps['setTimeout'] = stopping(sleeps['setTimeout'])
}
const promisify = Symbol.for('nodejs.util.promisify.custom')
