interface Asked {
  work: () => Promise<void>
  refuse: (error: Error) => void
}

/** Work that must not meet a batch on its way, until the study's run comes to it between two of them. */
export class BetweenBatches {
  #asked: Asked[] = []

  do<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, refuse) => this.#asked.push({ work: () => work().then(resolve, refuse), refuse }))
  }

  /** Whether there was any. */
  async settle(): Promise<boolean> {
    const asked = this.#asked.splice(0)
    for (const { work } of asked) await work()
    return asked.length > 0
  }

  /** Nothing more is done. */
  end(): void {
    for (const { refuse } of this.#asked.splice(0)) refuse(new Error('masking has stopped'))
  }
}
