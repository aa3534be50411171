import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FileRow } from '../repository/index.js'
import type { FileParts } from './store.js'

export interface FileLooked {
  name: string
  bytes: number
  what: 'missing' | 'content' | 'unreadable' | null
}

/** Every living file of a study, read to its end: whether its bytes are those that came. */
export async function* verifyFiles(
  { repository, places }: Pick<FileParts, 'repository' | 'places'>,
  of: { sid: number; study: string },
  read: (row: FileRow) => Readable,
): AsyncGenerator<FileLooked> {
  for (const row of await repository.files.ofStudy(of.sid)) {
    const what = (await places.atHand(row.store, of.study, row.id)) ? await lookInto(row, read) : 'missing'
    // Removed since it was listed.
    if (what !== null && (await repository.files.known([row.id])).size === 0) continue
    yield { name: `${row.store}/${row.id}`, bytes: row.bytes, what }
  }
}

async function lookInto(row: FileRow, read: (row: FileRow) => Readable): Promise<FileLooked['what']> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of read(row)) hash.update(chunk as Buffer)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable'
  }
  return hash.digest('hex') === row.sha256 ? null : 'content'
}
