import { crc32, constants, deflateRawSync } from 'node:zlib'

// A ZIP archive piece by piece (APPNOTE 6.3.10): an entry of unknown length tells its sizes behind its bytes.

const textFlag = 0x0800
const behindFlag = 0x0008
const entryBytesMax = 2 ** 32 - 1
// An empty last block: each piece before it ends where another may follow.
const lastBlock = Uint8Array.of(3, 0)
// 1980-01-01, the earliest that the form can tell: the same rows make the same file.
const date = 0x0021

interface Entry {
  name: Buffer
  crc: number
  packed: number
  plain: number
  at: number
  streamed: boolean
}
export interface ZipWriter {
  /** A whole entry. */
  add(name: string, content: string): void
  /** Begins an entry whose bytes come by `write` until `close`. */
  begin(name: string): void
  write(bytes: Uint8Array): void
  close(): void
  end(): void
  /** Bytes that are ready to go. */
  ready(): Uint8Array[]
}

export function zipWriter(): ZipWriter {
  let out: Uint8Array[] = []
  let written = 0
  const entries: Entry[] = []
  let open: Entry | null = null
  const push = (bytes: Uint8Array): void => {
    out.push(bytes)
    written += bytes.byteLength
  }
  const begin = (name: string, given: { crc: number; plain: number; streamed: boolean }): Entry => {
    const entry: Entry = { name: Buffer.from(name), at: written, packed: given.streamed ? 0 : given.plain, ...given }
    entries.push(entry)
    push(Buffer.concat([localHead(entry), entry.name]))
    return entry
  }
  return {
    add(name, content) {
      const bytes = Buffer.from(content)
      begin(name, { crc: crc32(bytes), plain: bytes.byteLength, streamed: false })
      push(bytes)
    },
    begin: (name) => (open = begin(name, { crc: 0, plain: 0, streamed: true })),
    write(bytes) {
      if (open === null) throw new Error('no entry is open')
      const packed = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, level: 4 })
      open.crc = crc32(bytes, open.crc)
      open.plain += bytes.byteLength
      open.packed += packed.byteLength
      if (open.plain > entryBytesMax) throw new Error(JSON.stringify({ exception_type: 'SheetFull' }))
      push(packed)
    },
    close() {
      if (open === null) return
      open.packed += lastBlock.byteLength
      push(lastBlock)
      push(fields([4, 0x08074b50], [4, open.crc], [4, open.packed], [4, open.plain]))
      open = null
    },
    end() {
      const from = written
      for (const entry of entries) push(Buffer.concat([centralHead(entry), entry.name]))
      const size = written - from
      push(fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, size], [4, from], [2, 0]))
    },
    ready() {
      const ready = out
      out = []
      return ready
    },
  }
}

const localHead = ({ name, crc, packed, plain, streamed }: Entry): Buffer =>
  fields([4, 0x04034b50], ...kind(streamed), [4, crc], [4, packed], [4, plain], [2, name.byteLength], [2, 0])

const centralHead = ({ name, crc, packed, plain, at, streamed }: Entry): Buffer =>
  // prettier-ignore
  fields([4, 0x02014b50], [2, 20], ...kind(streamed), [4, crc], [4, packed], [4, plain], [2, name.byteLength], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, at])

const kind = (streamed: boolean): [number, number][] => [
  [2, 20],
  [2, textFlag | (streamed ? behindFlag : 0)],
  [2, streamed ? 8 : 0],
  [2, 0],
  [2, date],
]

function fields(...values: [bytes: number, value: number][]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [bytes]) => sum + bytes, 0))
  values.reduce((at, [bytes, value]) => buffer.writeUIntLE(value, at, bytes), 0)
  return buffer
}
