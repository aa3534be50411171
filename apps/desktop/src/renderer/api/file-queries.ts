import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  fileMetadataList,
  reservoirFileStored,
  statementRows,
  type FileMetadata,
  type Me,
  type ReservoirFileStored,
} from '@aquifer/core/contract'
import { dispositionOf } from '@aquifer/core/files'
import type { Api } from './client.js'
import { ApiFailure } from './failure.js'
import { keys } from './queries.js'
import { useApi, useMe } from './SessionProvider.js'

const base = '/datareservoir/api/v1'
const pageSize = 200
const previewRows = 20
// Small enough that a break costs little, large enough that the way to and fro does not count.
const partBytes = 4 * 1024 * 1024
const attemptsMax = 5
const pauseMs = 1_000

export interface FilesAsked {
  filename: string
  userId: string
}

/** Files are asked for under a user and a correlation id. */
const mandatory = (me: Me, study: string): Record<string, string> => ({
  'x-aquifer-user': me.user,
  'x-aquifer-study': study,
  'x-correlation-id': crypto.randomUUID(),
})

export function useFiles(study: string, asked: FilesAsked) {
  const [api, me] = [useApi(), useMe()]
  return useInfiniteQuery({
    queryKey: ['files', study, asked],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''))
      query.set('maxRecords', String(pageSize))
      if (pageParam !== null) query.set('after', pageParam)
      return api.json(`${base}/metadata?${query.toString()}`, fileMetadataList, { headers: mandatory(me, study), signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

/** The first rows of a file, as a statement has them. */
export function usePreview(study: string, table: string | null) {
  const api = useApi()
  return useQuery({
    queryKey: ['file-preview', study, table],
    queryFn: ({ signal }) => {
      const sql = `SELECT * FROM ${quoted(table ?? '')} LIMIT ${previewRows}`
      const body = { study, sql, purpose: 'preview of a file', limit: previewRows }
      return api.json('/query/api/v1/statements', statementRows, { method: 'POST', body, signal })
    },
    enabled: table !== null,
    retry: false,
    // Another file may come under the name.
    staleTime: 0,
  })
}
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export function useRemoveFile(study: string) {
  const [api, me, client] = [useApi(), useMe(), useQueryClient()]
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) =>
      api.send(`${base}/data/${id}`, { method: 'DELETE', headers: { ...mandatory(me, study), 'x-aquifer-reason': reason } }),
    onSuccess: () => filesChanged(client, study),
  })
}
const filesChanged = async (client: ReturnType<typeof useQueryClient>, study: string): Promise<void> => {
  await client.invalidateQueries({ queryKey: ['files', study] })
  await client.invalidateQueries({ queryKey: keys.catalogue(study) })
}

export async function bytesOfFile(api: Api, me: Me, { id, study }: Pick<FileMetadata, 'id' | 'study'>): Promise<Uint8Array> {
  return (await api.bytes(`${base}/data/${id}`, { headers: mandatory(me, study) })).bytes
}

export interface Sending {
  file: File
  attestation: string
  /** 0 to 1 */
  progress(share: number): void
  signal: AbortSignal
}

export function useUpload(study: string) {
  const [api, me, client] = [useApi(), useMe(), useQueryClient()]
  return useMutation({
    mutationFn: (sending: Sending) => upload(api, mandatory(me, study), sending),
    onSuccess: () => filesChanged(client, study),
  })
}

/** In parts, each of which is there once it was answered; after a break the server says where to go on. */
async function upload(
  api: Api,
  headers: Record<string, string>,
  { file, attestation, progress, signal }: Sending,
): Promise<ReservoirFileStored> {
  const begun = await api.bytes(`${base}/data`, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': file.type === '' ? 'application/octet-stream' : file.type,
      'content-disposition': dispositionOf(file.name),
      'x-aquifer-attestation': `UTF-8''${encodeURIComponent(attestation)}`,
      'upload-complete': '?0',
      'upload-length': String(file.size),
    },
    signal,
  })
  const address = begun.headers.get('location') ?? ''
  try {
    return await parts(api, { address, headers, file, progress, signal })
  } catch (error) {
    // Nobody goes on with it.
    if (signal.aborted) await api.send(address, { method: 'DELETE', headers }).catch(() => undefined)
    throw error
  }
}

async function parts(
  api: Api,
  {
    address,
    headers,
    file,
    progress,
    signal,
  }: Pick<Sending, 'file' | 'progress' | 'signal'> & { address: string; headers: Record<string, string> },
): Promise<ReservoirFileStored> {
  let [offset, failures] = [0, 0]
  for (;;) {
    const end = Math.min(offset + partBytes, file.size)
    const complete = end === file.size
    const told = {
      ...headers,
      'content-type': 'application/partial-upload',
      'upload-offset': String(offset),
      'upload-complete': complete ? '?1' : '?0',
    }
    const asked = { method: 'PATCH', headers: told, part: file.slice(offset, end), signal } as const
    try {
      if (complete) return await api.json(address, reservoirFileStored, asked)
      await api.send(address, asked)
      progress((offset = end) / file.size)
      failures = 0
    } catch (error) {
      const broke = error instanceof ApiFailure && (error.kind === 'offline' || error.status === 409 || error.status >= 500)
      if (!broke || (failures += 1) > attemptsMax) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs * failures))
      const state = await stateOf(api, address, headers, signal)
      if (state?.complete === true) return await storedAt(api, address, headers, file)
      offset = state?.offset ?? offset
    }
  }
}

/** The last part arrived, and only its answer was lost. */
async function storedAt(api: Api, address: string, headers: Record<string, string>, file: File): Promise<ReservoirFileStored> {
  const id = address.split('/').pop() ?? ''
  const query = new URLSearchParams({ filename: file.name })
  const { files } = await api.json(`${base}/metadata?${query.toString()}`, fileMetadataList, { headers })
  const found = files.find((each) => each.id === id)
  if (found === undefined) throw new ApiFailure('unexpected', 404, { detail: 'The file was stored and is not there any more.' })
  return found
}

async function stateOf(api: Api, address: string, headers: Record<string, string>, signal: AbortSignal) {
  try {
    const told = (await api.bytes(address, { headers, signal })).headers
    return { offset: Number(told.get('upload-offset')), complete: told.get('upload-complete') === '?1' }
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'offline') return null
    throw error
  }
}
