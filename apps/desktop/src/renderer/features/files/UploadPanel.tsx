import { CircleCheck, FileUp, TriangleAlert, X } from 'lucide-react'
import { useId, useState } from 'react'
import { DropZone, FileTrigger, Text } from 'react-aria-components'
import { reservoirFileBytesMax, type FileWarning, type ReservoirFileStored } from '@aquifer/core/contract'
import { explain } from '../../api/failure.js'
import { useUpload } from '../../api/file-queries.js'
import { Button, IconButton } from '../../ui/Button.js'
import { TextArea } from '../../ui/fields.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { size, warningWords } from './words.js'

const least = 10
const most = 500

/** One file, the word of who uploads it, and how far it is. */
export function UploadPanel({ study }: { study: string }) {
  const [file, setFile] = useState<File | null>(null)
  const [attestation, attest] = useState('')
  const [share, setShare] = useState(0)
  const [stopper, setStopper] = useState<AbortController | null>(null)
  const upload = useUpload(study)
  const take = (chosen: File | null | undefined) => {
    if (!chosen || upload.isPending) return
    upload.reset()
    setFile(chosen)
  }
  const said = attestation.trim()
  const tooLarge = file !== null && file.size > reservoirFileBytesMax
  const start = () => {
    if (file === null) return
    const controller = new AbortController()
    setStopper(controller)
    setShare(0)
    upload.mutate(
      { file, attestation: said, progress: setShare, signal: controller.signal },
      {
        onSuccess: () => {
          setFile(null)
          attest('')
        },
      },
    )
  }
  const missing = [...(file === null ? ['a file'] : []), ...(said.length < least ? ['your attestation'] : [])]
  return (
    <Panel title="Upload">
      <DropZone
        className="files-drop"
        aria-label="Drop a file here"
        isDisabled={upload.isPending}
        onDrop={(event) => {
          const item = event.items.find((each) => each.kind === 'file')
          if (item !== undefined) void item.getFile().then(take)
        }}
      >
        <Icon of={FileUp} size={20} className="ink-3" />
        {file === null ? (
          <Text slot="label">Drop a file here, at most 500 MB</Text>
        ) : (
          <Text slot="label">
            <span className="medium">{file.name}</span> <span className="sub num">{size(file.size)}</span>
          </Text>
        )}
        <FileTrigger onSelect={(list) => take(list?.[0])}>
          <Button isDisabled={upload.isPending}>{file === null ? 'Choose a file' : 'Choose another'}</Button>
        </FileTrigger>
        {file !== null && !upload.isPending && <IconButton label="Leave this file out" icon={X} onPress={() => setFile(null)} />}
      </DropZone>
      {upload.isPending && <Progress share={share} name={file?.name ?? ''} onStop={() => stopper?.abort()} />}
      {file !== null && !upload.isPending && (
        <div className="files-attest">
          <TextArea
            label="Attestation: why nobody can be recognised in it"
            rows={2}
            value={attestation}
            onChange={attest}
            placeholder="Names, dates and identifiers were removed; reviewed by …"
            note={`Kept with your name and the time, shown to everybody who sees the file. ${said.length} of ${most} characters.`}
            fault={said.length > most ? `At most ${most} characters.` : undefined}
          />
          <div className="row">
            <Button look="primary" isDisabled={missing.length > 0 || said.length > most || tooLarge} onPress={start}>
              {tooLarge ? 'Larger than 500 MB' : missing.length > 0 ? `Needs ${missing.join(' and ')}` : 'Vouch and upload'}
            </Button>
          </div>
        </div>
      )}
      {upload.error !== null && !upload.isPending && <Fault error={upload.error} />}
      {upload.data !== undefined && <Stored stored={upload.data} />}
    </Panel>
  )
}

function Progress({ share, name, onStop }: { share: number; name: string; onStop(): void }) {
  const percent = Math.round(share * 100)
  const id = useId()
  return (
    <div className="files-progress">
      <span id={id}>
        Uploading <span className="medium">{name}</span>
      </span>
      <progress value={percent} max={100} aria-labelledby={id} />
      <span className="num">{percent} %</span>
      <Button onPress={onStop}>Stop</Button>
    </div>
  )
}

function Fault({ error }: { error: unknown }) {
  const { what, why } = explain(error)
  if (error instanceof DOMException && error.name === 'AbortError') return <p className="files-told sub">Stopped; nothing was stored.</p>
  return (
    <div role="alert" className="notice bad files-told">
      <Icon of={TriangleAlert} />
      <p>
        <span className="medium">{what}.</span> {why}
      </p>
    </div>
  )
}

function Stored({ stored: { checksum, warnings } }: { stored: ReservoirFileStored }) {
  return (
    <div role="status" className={warnings.length === 0 ? 'notice idle files-told' : 'notice warn files-told'}>
      <Icon of={warnings.length === 0 ? CircleCheck : TriangleAlert} />
      <div>
        <p>
          <span className="medium">{warnings.length === 0 ? 'Stored.' : 'Stored, and it looks as if people could be in it.'}</span>{' '}
          <span className="sub mono">SHA-256 {checksum.slice(0, 16)}…</span>
        </p>
        <Warnings warnings={warnings} />
      </div>
    </div>
  )
}

export function Warnings({ warnings }: { warnings: readonly FileWarning[] }) {
  if (warnings.length === 0) return null
  return (
    <ul className="files-warnings">
      {warnings.map((warning) => (
        <li key={`${warning.kind} ${warning.where}`}>{warningWords(warning)}</li>
      ))}
    </ul>
  )
}
