import { open, rm, stat } from 'node:fs/promises'
import { reservoirFileBytesMax, type ReservoirFileStored } from '@aquifer/core/contract'
import type { AskedChecksum } from '@aquifer/core/files'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayReachStudy } from '../access/index.js'
import type { Study, UploadRow } from '../repository/index.js'
import { faultPoint, heard, silenceMaxMs } from '../storage/index.js'
import { lookFor } from './look.js'
import { digestsOf } from './places.js'
import { reservoirStored, storeFile, studyTaking, type Arrived, type FileParts, type FilesAsked } from './store.js'
import { vouchedFor, type Sending } from './sending.js'
import { uploadKeptMs } from './sweep.js'
import { checksumRefusal, refusalOf, tooLarge } from './take.js'

// Uploads that go on after a break, by the minimal part of the IETF's draft (draft-ietf-httpbis-resumable-upload): the size of what lies
// on disk is the offset, so nothing else has to agree with it after a crash.

export interface UploadState {
  id: string
  offset: number
  complete: boolean
  length: number | null
}
export interface UploadDesk {
  /** `length`: of the whole, null where the sender does not know it yet. */
  begin(request: FilesAsked, sending: Sending & { whole: number | null }): Promise<UploadState | Refusal>
  state(request: FilesAsked, id: string): Promise<UploadState | Refusal>
  /** What is stored when the last part came; else how far it is. */
  append(request: FilesAsked, id: string, part: UploadPart): Promise<ReservoirFileStored | UploadState | Refusal>
  cancel(request: FilesAsked, id: string): Promise<Refusal | null>
}
export interface UploadPart {
  offset: number
  complete: boolean
  length: number | null
  body: AsyncIterable<Uint8Array>
  want(): void
}

const openPerActorMax = 20
const noSuchUpload = (): Refusal => refuse('unknown', { detail: 'There is no such upload here.' })
const isBusy = (): Refusal => refuse('conflict', { detail: 'A part of this upload is on its way.' })

export function openUploads(parts: FileParts): UploadDesk {
  const { repository, places } = parts
  const busy = new Set<string>()
  const own = async ({ grant }: FilesAsked, id: string): Promise<{ row: UploadRow; study: Study; offset: number } | Refusal> => {
    const row = await repository.files.upload(id)
    const study = row === null ? null : await parts.studies.bySid(row.sid)
    if (row?.actor !== grant.user || study === null || mayReachStudy(grant, study) !== null) return noSuchUpload()
    if (parts.now() - row.at > uploadKeptMs) return refuse('deleted', { detail: 'The upload waited too long: begin another.' })
    return { row, study, offset: await sizeOf(await places.upload(id)) }
  }
  const giveUp = async (id: string): Promise<void> => {
    await repository.files.endUpload(id)
    await rm(await places.upload(id), { force: true })
  }
  const alone = async <T>(id: string, work: () => Promise<T | Refusal>): Promise<T | Refusal> => {
    if (busy.has(id)) return isBusy()
    busy.add(id)
    return work().finally(() => busy.delete(id))
  }
  return {
    begin: (request, sending) => begin(parts, request, sending),
    async state(request, id) {
      const found = await own(request, id)
      if (!isRefusal(found)) return { id, offset: found.offset, complete: false, length: found.row.length }
      // Whoever lost the answer to the last part learns here that it was stored.
      const stored = await repository.files.byId(id)
      if (stored?.actor !== request.grant.user || stored.removedAt !== null || stored.store !== 'reservoir') return found
      return { id, offset: stored.bytes, complete: true, length: stored.bytes }
    },
    append: (request, id, part) =>
      alone(id, async () => {
        const found = await own(request, id)
        if (isRefusal(found)) return found
        const { row, study, offset } = found
        if (offset !== part.offset) return refuse('conflict', { detail: `The upload goes on at Upload-Offset ${offset}.`, current: offset })
        const most = row.length ?? reservoirFileBytesMax
        if (part.length !== null && offset + part.length > most) return beyond(row)
        part.want()
        const reached = await appendTo(await places.upload(id), part.body, { from: offset, most })
        if (isRefusal(reached)) {
          if (reached.refusal === 'too-large') await giveUp(id)
          return reached.refusal === 'too-large' ? beyond(row) : reached
        }
        if (!part.complete) return { id, offset: reached, complete: false, length: row.length }
        if (row.length !== null && reached !== row.length)
          return refuse('malformed-body', { detail: `The upload has ${reached} bytes; Upload-Length said ${row.length}.` })
        const stored = await finish(parts, request, row, study)
        if (isRefusal(stored)) await giveUp(id)
        return stored
      }),
    async cancel(request, id) {
      const refused = await alone<null>(id, async () => {
        const found = await own(request, id)
        if (isRefusal(found)) return found
        await giveUp(id)
        return null
      })
      return refused
    },
  }
}

const beyond = ({ length }: Pick<UploadRow, 'length'>): Refusal =>
  length === null
    ? tooLarge(reservoirFileBytesMax)
    : refuse('malformed-body', { detail: `More came than Upload-Length said: ${length} bytes.` })

async function begin(parts: FileParts, request: FilesAsked, sending: Sending & { whole: number | null }): Promise<UploadState | Refusal> {
  const { repository, places, now, newId } = parts
  const { filename, attestation, type, whole, checksums, body, length } = sending
  if ((whole ?? length ?? 0) > reservoirFileBytesMax) return tooLarge(reservoirFileBytesMax)
  const vouched = vouchedFor(sending)
  if (vouched !== null) return vouched
  const study = await studyTaking(parts, request, 'reservoir')
  if (isRefusal(study)) return study
  const { user: actor } = request.grant
  if ((await repository.files.uploads()).filter((each) => each.actor === actor).length >= openPerActorMax)
    return refuse('too-many-requests', { detail: 'Too many uploads of yours are open: end or cancel some.', retryAfterS: 60 })
  const id = newId()
  request.facts.sid = study.sid
  Object.assign(request.facts.detail, { store: 'reservoir', upload: id })
  const row = { id, sid: study.sid, actor, filename: filename ?? '', type, length: whole, attestation: attestation ?? '', at: now() }
  await repository.files.beginUpload({ ...row, checksums: [...checksums] })
  sending.want()
  const reached = await appendTo(await places.upload(id), body, { from: 0, most: whole ?? reservoirFileBytesMax })
  if (!isRefusal(reached)) return { id, offset: reached, complete: false, length: whole }
  await repository.files.endUpload(id)
  await rm(await places.upload(id), { force: true })
  return reached.refusal === 'too-large' ? beyond({ length: whole }) : reached
}

/** Appends what comes; what came before a break stays and counts. */
async function appendTo(
  path: string,
  body: AsyncIterable<Uint8Array>,
  { from, most }: { from: number; most: number },
): Promise<number | Refusal> {
  const file = await open(path, 'a', 0o600)
  let reached = from
  try {
    for await (const chunk of heard(body, silenceMaxMs)) {
      if (reached + chunk.length > most) return tooLarge(most)
      await file.writeFile(chunk)
      reached += chunk.length
      await faultPoint('files.part')
    }
    return reached
  } catch (error) {
    return refusalOf(error)
  } finally {
    await file.sync()
    await file.close()
  }
}

async function finish(parts: FileParts, request: FilesAsked, row: UploadRow, study: Study): Promise<ReservoirFileStored | Refusal> {
  const { id, filename, type, attestation } = row
  const incoming = await parts.places.upload(id)
  const look = lookFor(filename)
  const { sha256, sha512, bytes } = await digestsOf(incoming, (chunk) => look.see(chunk))
  const wrong = checksumRefusal(row.checksums as AskedChecksum[], { sha256, sha512 })
  if (wrong !== null) return wrong
  const arrived: Arrived = { id, incoming, bytes, sha256: sha256.toString('hex'), ...(await look.end(incoming)) }
  const refused = await storeFile(parts, request, { store: 'reservoir', study, patient: null, filename, type, attestation }, arrived)
  return refused ?? reservoirStored(arrived, filename)
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
