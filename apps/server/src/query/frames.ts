import type { Duplex } from 'node:stream'

// How server and query engine talk over one pipe: a header in JSON and a body of bytes, each with its length before it.

export interface Frame {
  header: Record<string, unknown>
  body: Uint8Array
}

const lengthsBytes = 8
const nothing = new Uint8Array(0)

export function writeFrame(pipe: Duplex, header: Record<string, unknown>, body: Uint8Array = nothing): boolean {
  const text = Buffer.from(JSON.stringify(header))
  const lengths = Buffer.allocUnsafe(lengthsBytes)
  lengths.writeUInt32LE(text.byteLength, 0)
  lengths.writeUInt32LE(body.byteLength, 4)
  pipe.cork()
  pipe.write(lengths)
  const room = pipe.write(text)
  const more = body.byteLength === 0 ? room : pipe.write(body)
  pipe.uncork()
  return room && more
}

/** Calls back for every whole frame; a frame larger than the limit ends the reading by `onFault`. */
export function readFrames(pipe: Duplex, bytesMax: number, onFrame: (frame: Frame) => void, onFault: () => void): void {
  let chunks: Buffer[] = []
  let held = 0
  const joined = (): Buffer => {
    const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held)
    chunks = [whole]
    return whole
  }
  let needed = lengthsBytes
  pipe.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    held += chunk.byteLength
    while (held >= needed) {
      let whole = joined()
      const [headerBytes, bodyBytes] = [whole.readUInt32LE(0), whole.readUInt32LE(4)]
      needed = lengthsBytes + headerBytes + bodyBytes
      if (needed > bytesMax) {
        pipe.removeAllListeners('data')
        return onFault()
      }
      if (held < needed) return
      const frame = {
        header: JSON.parse(whole.toString('utf8', lengthsBytes, lengthsBytes + headerBytes)) as Record<string, unknown>,
        body: whole.subarray(lengthsBytes + headerBytes, needed),
      }
      whole = whole.subarray(needed)
      held = whole.byteLength
      chunks = held > 0 ? [whole] : []
      needed = lengthsBytes
      onFrame(frame)
    }
    return undefined
  })
}
