// Who runs next where only so many may: one after another by whom, not by who asked most.

interface Waiting {
  caller: string
  arrived: number
  admit: (admitted: boolean) => void
}
export interface Ticket {
  /** Resolves when there is a seat, and with false when the caller went away. */
  admitted: Promise<boolean>
  /** Place in the queue, from 1; null once seated. */
  place(): number | null
  leave(): void
}

export class Seats {
  readonly #seats: number
  readonly #waitingMax: number
  readonly #waitingPerCallerMax: number
  readonly #running = new Map<string, number>()
  readonly #served = new Map<string, number>()
  #waiting: Waiting[] = []
  #count = 0

  constructor(limits: { seats: number; waiting: number; waitingPerCaller: number }) {
    this.#seats = limits.seats
    this.#waitingMax = limits.waiting
    this.#waitingPerCallerMax = limits.waitingPerCaller
  }

  get taken(): number {
    return [...this.#running.values()].reduce((sum, each) => sum + each, 0)
  }
  get waiting(): number {
    return this.#waiting.length
  }

  /** A place for a caller; null: too many wait already, of him or in all. */
  take(caller: string): Ticket | null {
    if (this.taken < this.#seats) {
      this.#sit(caller)
      return this.#ticket(caller, null, Promise.resolve(true))
    }
    const own = this.#waiting.filter((each) => each.caller === caller).length
    if (own >= this.#waitingPerCallerMax || this.#waiting.length >= this.#waitingMax) return null
    let admit: Waiting['admit'] = () => undefined
    const admitted = new Promise<boolean>((resolve) => (admit = resolve))
    const waiting: Waiting = { caller, arrived: ++this.#count, admit }
    this.#waiting.push(waiting)
    return this.#ticket(caller, waiting, admitted)
  }

  #ticket(caller: string, waiting: Waiting | null, admitted: Promise<boolean>): Ticket {
    let left = false
    return {
      admitted,
      place: () => (waiting !== null && this.#waiting.includes(waiting) ? this.#order().indexOf(waiting) + 1 : null),
      leave: () => {
        if (left) return
        left = true
        if (waiting !== null && this.#waiting.includes(waiting)) {
          this.#waiting = this.#waiting.filter((each) => each !== waiting)
          waiting.admit(false)
          return
        }
        this.#rise(caller)
      },
    }
  }

  #sit(caller: string): void {
    this.#running.set(caller, (this.#running.get(caller) ?? 0) + 1)
    this.#served.set(caller, ++this.#count)
  }

  #rise(caller: string): void {
    const running = (this.#running.get(caller) ?? 1) - 1
    if (running > 0) this.#running.set(caller, running)
    else this.#running.delete(caller)
    const [next] = this.#order()
    if (next !== undefined) {
      this.#waiting = this.#waiting.filter((each) => each !== next)
      this.#sit(next.caller)
      next.admit(true)
    } else if (this.#running.size === 0) this.#served.clear()
  }

  /** The order in which those who wait come: who has fewest running, then whose turn was longest ago, then who came first. */
  #order(): Waiting[] {
    const running = new Map(this.#running)
    const served = new Map(this.#served)
    const left = [...this.#waiting]
    const order: Waiting[] = []
    const rank = ({ caller, arrived }: Waiting): [number, number, number] => [running.get(caller) ?? 0, served.get(caller) ?? 0, arrived]
    while (left.length > 0) {
      const next = left.reduce((best, each) => (isBefore(rank(each), rank(best)) ? each : best))
      left.splice(left.indexOf(next), 1)
      order.push(next)
      running.set(next.caller, (running.get(next.caller) ?? 0) + 1)
      served.set(next.caller, this.#count + order.length)
    }
    return order
  }
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}
