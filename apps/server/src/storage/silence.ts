/** The sender said nothing for so long that he is taken for gone. */
export class Silence extends Error {}

// A sender that makes its data as it goes pauses for seconds; after this a connection and a job would be held for nobody.
export const silenceMaxMs = 120_000

/** A body whose sender may not be silent for longer than this. Only while it is waited for: what we take for ourselves is not his. */
export async function* heard(body: AsyncIterable<Uint8Array>, maxMs: number): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  for (;;) {
    // Left as it is where it breaks off: ended, it would take the connection along, and the answer with it.
    const next = await within(chunks.next(), maxMs)
    if (next.done === true) return
    yield next.value
  }
}

function within<T>(awaited: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Silence(`nothing came for ${ms} ms`)), ms)
    awaited.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
