import { useQuery, useQueryClient } from '@tanstack/react-query'
import { downloadList, downloadView, type DownloadFormat, type DownloadView, type ReleaseNotice } from '@aquifer/core/contract'
import { mayRelease } from './roles.js'
import { useApi, useMe } from './SessionProvider.js'
import type { Api } from './client.js'

const base = '/query/api/v1/downloads'
const pathOf = (id: string, part = '') => `${base}/${encodeURIComponent(id)}${part}`
const waitMs = 600

const key = (study: string) => ['downloads', study]

/** Files that the caller asked for, newest first. */
export function useDownloads(study: string) {
  const api = useApi()
  const me = useMe()
  return useQuery({
    queryKey: key(study),
    queryFn: ({ signal }) => api.json(`${base}?study=${encodeURIComponent(study)}`, downloadList, { signal }),
    enabled: mayRelease(me),
    refetchInterval: 3000,
  })
}

export interface Downloading {
  /** Resolves when the file is written, or will not be. */
  write(statement: string, format: DownloadFormat): Promise<DownloadView>
  fetch(download: DownloadView, part: 'file' | 'manifest' | 'codebook'): Promise<Uint8Array>
  remove(id: string): Promise<void>
}

export function useDownloading(study: string): Downloading {
  const api = useApi()
  const queries = useQueryClient()
  const changed = () => queries.invalidateQueries({ queryKey: key(study) })
  return {
    async write(statement, format) {
      const begun = await api.json(base, downloadView, { method: 'POST', body: { statement, format } })
      await changed()
      const ended = await untilWritten(api, begun)
      await changed()
      return ended
    },
    fetch: async ({ id }, part) => (await api.bytes(pathOf(id, `/${part}`))).bytes,
    async remove(id) {
      await api.send(pathOf(id), { method: 'DELETE' })
      await changed()
    },
  }
}

async function untilWritten(api: Api, begun: DownloadView): Promise<DownloadView> {
  let view = begun
  while (view.state === 'queued' || view.state === 'running') {
    await new Promise((wake) => setTimeout(wake, waitMs))
    view = await api.json(pathOf(view.id), downloadView)
  }
  return view
}

/** A file that this page makes by itself is in the trail before it is there: where that fails there is no file. */
export function useReleasing(study: string): (notice: Omit<ReleaseNotice, 'study'>) => Promise<void> {
  const api = useApi()
  return (notice) => api.send('/query/api/v1/releases', { method: 'POST', body: { study, ...notice } })
}
