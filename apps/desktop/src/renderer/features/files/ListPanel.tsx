import { FileSearch, Files } from 'lucide-react'
import { useState } from 'react'
import type { FileMetadata } from '@aquifer/core/contract'
import { useFiles } from '../../api/file-queries.js'
import { Badge, Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { SearchField } from '../../ui/fields.js'
import { count, moment } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { FileDrawer } from './FileDrawer.js'
import { size } from './words.js'

/** All files of the study, oldest first; one opens beside the list. */
export function ListPanel({
  study,
  open,
  setOpen,
}: {
  study: string
  open: FileMetadata | null
  setOpen(file: FileMetadata | null): void
}) {
  const [text, setText] = useState('')
  const list = useFiles(study, { filename: '', userId: '' })
  const all = list.data?.pages.flatMap((page) => page.files) ?? []
  const part = text.trim().toLowerCase()
  const shown = all.filter((file) => [file.filename, file.userId].some((value) => value.toLowerCase().includes(part)))
  return (
    <Panel
      title="In this study"
      note={list.data && <Tag>{`${count(all.length)}${list.hasNextPage ? '+' : ''}`}</Tag>}
      actions={<SearchField label="Find by name or uploader" value={text} onChange={setText} />}
    >
      <div className="files-list" data-open={open !== null || undefined}>
        <div className="files-rows">
          {list.data === undefined ? (
            list.error ? (
              <Failure error={list.error} retry={() => void list.refetch()} />
            ) : (
              <SkeletonRows rows={6} />
            )
          ) : all.length === 0 ? (
            <Empty icon={Files} title="No file yet">
              A file that somebody uploads and vouches for appears here, and in statements under its name.
            </Empty>
          ) : shown.length === 0 ? (
            <Empty icon={FileSearch} title="No file fits" actions={<Button onPress={() => setText('')}>Show all</Button>} />
          ) : (
            <Rows files={shown} open={open} setOpen={setOpen} />
          )}
          {list.hasNextPage && (
            <div className="files-more">
              <Button isDisabled={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
                Show newer
              </Button>
              <span className="sub">{count(all.length)} shown</span>
            </div>
          )}
        </div>
        {open && <FileDrawer key={open.id} file={open} onClose={() => setOpen(null)} />}
      </div>
    </Panel>
  )
}

function Rows({ files, open, setOpen }: { files: readonly FileMetadata[]; open: FileMetadata | null; setOpen(file: FileMetadata): void }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Name</th>
          <th>Statements</th>
          <th className="n">Size</th>
          <th>Uploaded</th>
          <th>By</th>
          <th>Looks like people</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.id} className="files-row" data-selected={file.id === open?.id || undefined} onClick={() => setOpen(file)}>
            <td>
              <button type="button" className="files-open medium" aria-label={`Open ${file.filename}`}>
                {file.filename}
              </button>
            </td>
            <td className="ink-2">{file.table === null ? 'not a table' : file.newest ? 'table' : 'replaced by a newer one'}</td>
            <td className="n">{size(file.bytes)}</td>
            <td className="num">{moment(file.uploadedAt)}</td>
            <td className="ink-2">{file.userId}</td>
            <td>{file.warnings.length > 0 && <Badge kind="check">{`${file.warnings.length} to check`}</Badge>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
