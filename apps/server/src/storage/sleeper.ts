/** Sleep that an event can cut short. */
export class Sleeper {
  #woken = false
  #ended = false
  #ring: (() => void) | null = null

  /** Sleeps until woken (true) or until the time is up (false). A wake-up that came before is not lost. */
  async sleep(ms: number): Promise<boolean> {
    if (!this.#woken) await this.#wait(ms, true)
    const woken = this.#woken
    this.#woken = false
    return woken
  }

  /** Sleeps for this long, unless ended. */
  pause(ms: number): Promise<void> {
    return this.#wait(ms, false)
  }

  wake(): void {
    this.#woken = true
    this.#ring?.()
  }

  end(): void {
    this.#ended = true
    this.#ring?.()
  }

  #wait(ms: number, wakeable: boolean): Promise<void> {
    if (this.#ended || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#ring = null
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#ring = () => {
        if (wakeable || this.#ended) done()
      }
    })
  }
}
