import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

// A sealed file: `AQF1` | header length (u32) | header JSON | pieces. Each piece is 64 KiB under AES-256-GCM with its tag, so that a part
// of the file can be read without the rest; its nonce is its place and whether it is the last, so that none can be moved or left out.
// Every file has a key of its own, derived from the study's.

export interface FileKeys {
  /** The study's key that is in use. */
  studyKey(study: string): Promise<{ id: string; key: Buffer }>
  keyById(study: string, id: string): Promise<{ key: Buffer }>
}
interface Name {
  study: string
  id: string
}

const magic = Buffer.from('AQF1')
const pieceBytes = 64 * 1024
const tagBytes = 16
const headerBytesMax = 4096

export class DamagedFile extends Error {
  override readonly name = 'DamagedFile'
}

export interface Sealer {
  head: Buffer
  /** Pieces that are whole by now. */
  update(bytes: Uint8Array): Buffer[]
  end(): Buffer
}

export async function openSealer(keys: FileKeys, { study, id }: Name): Promise<Sealer> {
  const { id: keyId, key } = await keys.studyKey(study)
  const salt = randomBytes(32)
  const head = headOf({ study, id, key: keyId, salt: salt.toString('base64') })
  const own = derived(key, salt, { study, id })
  let [rest, place] = [Buffer.alloc(0), 0]
  const piece = (plain: Uint8Array, isLast: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', own, nonce(place, isLast))
    if (place === 0) cipher.setAAD(head)
    place += 1
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  return {
    head,
    update(bytes) {
      rest = Buffer.concat([rest, bytes])
      const pieces: Buffer[] = []
      // The last piece is marked as such, so one that may be it waits.
      while (rest.length > pieceBytes) {
        pieces.push(piece(rest.subarray(0, pieceBytes), false))
        rest = rest.subarray(pieceBytes)
      }
      return pieces
    },
    end: () => piece(rest, true),
  }
}

/** The plain bytes from `start` to `end`, both included, of a file that has `size` of them. */
export async function* unsealed(
  path: string,
  keys: FileKeys,
  name: Name,
  { start, end, size }: { start: number; end: number; size: number },
): AsyncGenerator<Buffer> {
  const file = await open(path, 'r')
  try {
    const { head, key } = await readHead(file, keys, name)
    const last = Math.max(0, Math.ceil(size / pieceBytes) - 1)
    for (let place = Math.floor(start / pieceBytes); place <= Math.floor(end / pieceBytes); place += 1) {
      const at = place * pieceBytes
      const plain = await readPiece(file, { head, key, place, last, length: Math.min(pieceBytes, size - at), name })
      yield plain.subarray(Math.max(0, start - at), end - at + 1)
    }
  } finally {
    await file.close()
  }
}

interface Piece {
  head: Buffer
  key: Buffer
  place: number
  last: number
  length: number
  name: Name
}
async function readPiece(file: FileHandle, { head, key, place, last, length, name }: Piece): Promise<Buffer> {
  const sealed = await readExactly(file, head.length + place * (pieceBytes + tagBytes), length + tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(place, place === last))
  if (place === 0) decipher.setAAD(head)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - tagBytes)), decipher.final()])
  } catch {
    throw new DamagedFile(`the file ${name.id} was altered`)
  }
}

function headOf(header: Record<string, string>): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([magic, length, json])
}

async function readHead(file: FileHandle, keys: FileKeys, name: Name): Promise<{ head: Buffer; key: Buffer }> {
  const lead = await readExactly(file, 0, 8)
  const length = lead.readUInt32BE(4)
  if (!lead.subarray(0, 4).equals(magic) || length > headerBytesMax) throw new DamagedFile(`the file ${name.id} is not sealed`)
  const json = await readExactly(file, 8, length)
  const header = JSON.parse(json.toString()) as { study: string; id: string; key: string; salt: string }
  if (header.study !== name.study || header.id !== name.id) throw new DamagedFile(`the file ${name.id} holds another’s content`)
  const { key } = await keys.keyById(name.study, header.key)
  return { head: Buffer.concat([lead, json]), key: derived(key, Buffer.from(header.salt, 'base64'), name) }
}

async function readExactly(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at)
  if (bytesRead < length) throw new DamagedFile('a sealed file is cut off')
  return buffer
}

const derived = (key: Buffer, salt: Buffer, { study, id }: Name): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, `aquifer file|${study}|${id}`, 32))

function nonce(place: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(place, 7)
  bytes[11] = isLast ? 1 : 0
  return bytes
}
