import { Download, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { FileMetadata, StatementRows } from '@aquifer/core/contract'
import { bytesOfFile, quoted, usePreview, useRemoveFile } from '../../api/file-queries.js'
import { mayRemoveFiles, mayUseFiles } from '../../api/roles.js'
import { useApi, useMe } from '../../api/SessionProvider.js'
import { Button, IconButton } from '../../ui/Button.js'
import { CopyButton } from '../../ui/CopyButton.js'
import { TextField } from '../../ui/fields.js'
import { FormDialog } from '../../ui/FormDialog.js'
import { clockSeconds, day } from '../../ui/format.js'
import { Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'
import { download } from '../notebook/csv.js'
import { Warnings } from './UploadPanel.js'
import { size } from './words.js'

/** One file: who vouched for it, what it looks like, and what can be done with it. */
export function FileDrawer({ file, onClose }: { file: FileMetadata; onClose(): void }) {
  const me = useMe()
  const reads = mayUseFiles(me)
  const isTable = file.table !== null && file.newest
  const facts: [string, string][] = [
    ['Vouched for', file.attestation.text],
    ['By', file.attestation.by],
    ['At', `${day(file.uploadedAt)} ${clockSeconds(file.uploadedAt)}`],
    ['Size', size(file.bytes)],
    ['Type', file.contentType ?? 'not said'],
    ['SHA-256', file.checksum],
  ]
  return (
    <aside className="files-drawer" aria-label={`File ${file.filename}`}>
      <header className="row">
        <h3>{file.filename}</h3>
        <IconButton label="Close" icon={X} className="end" onPress={onClose} />
      </header>
      <Actions file={file} sql={isTable ? `select * from ${quoted(file.filename)} limit 100` : null} onGone={onClose} />
      {file.warnings.length > 0 && (
        <div className="notice warn">
          <div>
            <p className="medium">It looks as if people could be in it.</p>
            <Warnings warnings={file.warnings} />
          </div>
        </div>
      )}
      {reads && isTable && <Preview file={file} />}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="sub">{name}</dt>
            <dd className={name === 'SHA-256' ? 'mono' : ''}>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  )
}

function Actions({ file, sql, onGone }: { file: FileMetadata; sql: string | null; onGone(): void }) {
  const [api, me] = [useApi(), useMe()]
  const [isSaving, setSaving] = useState(false)
  const [asks, ask] = useState(false)
  const save = async () => {
    setSaving(true)
    try {
      download(file.filename, (await bytesOfFile(api, me, file)) as BlobPart, 'application/octet-stream')
    } catch (error) {
      tellFailure('The file was not fetched', error)
    }
    setSaving(false)
  }
  return (
    <div className="row files-actions">
      {mayUseFiles(me) && (
        <Button icon={Download} isDisabled={isSaving} onPress={() => void save()}>
          {isSaving ? 'Fetching' : 'Download'}
        </Button>
      )}
      {sql !== null && mayUseFiles(me) && <CopyButton text={sql} label="Copy SQL" />}
      {(mayRemoveFiles(me) || file.userId === me.user) && (
        <Button icon={Trash2} onPress={() => ask(true)}>
          Remove
        </Button>
      )}
      {asks && <RemoveDialog file={file} onClose={() => ask(false)} onGone={onGone} />}
    </div>
  )
}

function RemoveDialog({ file, onClose, onGone }: { file: FileMetadata; onClose(): void; onGone(): void }) {
  const [reason, setReason] = useState('')
  const remove = useRemoveFile(file.study)
  const said = reason.trim()
  const isPlain = /^[\x20-\x7e]{1,255}$/.test(said)
  return (
    <FormDialog
      title={`Remove ${file.filename}`}
      lead="Its bytes go for good, and statements that name it fail. That it was here, and why it went, stays in the audit trail."
      submit="Remove 1 file"
      look="danger"
      ready={isPlain}
      busy={remove.isPending}
      error={remove.error}
      onSubmit={() => remove.mutate({ id: file.id, reason: said }, { onSuccess: onGone })}
      onClose={onClose}
    >
      <TextField
        label="Reason, kept in the audit trail"
        value={reason}
        onChange={setReason}
        autoFocus
        fault={said !== '' && !isPlain ? 'At most 255 characters, in plain letters, digits and signs.' : undefined}
      />
    </FormDialog>
  )
}

function Preview({ file }: { file: FileMetadata }) {
  const preview = usePreview(file.study, file.table)
  return (
    <section aria-label="First rows">
      <h4 className="sub">First rows</h4>
      {preview.data ? (
        <PreviewTable rows={preview.data} />
      ) : preview.error ? (
        <Failure error={preview.error} retry={() => void preview.refetch()} />
      ) : (
        <SkeletonRows rows={4} />
      )}
    </section>
  )
}

const cellText = (value: unknown): string => (value === null ? '∅' : typeof value === 'string' ? value : JSON.stringify(value))

function PreviewTable({ rows: { columns, rows } }: { rows: StatementRows }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keyboard
    <div className="files-preview" tabIndex={0} role="region" aria-label="First rows, scrolls">
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ name }) => (
              <th key={name} className="mono">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((value, place) => (
                <td key={columns[place]?.name ?? place} className={typeof value === 'number' ? 'n' : ''}>
                  {cellText(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
