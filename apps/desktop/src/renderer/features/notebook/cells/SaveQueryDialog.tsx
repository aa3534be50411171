import { useState } from 'react'
import { toast } from 'sonner'
import { useSaveQuery } from '../../../api/saved-queries.js'
import { useSession } from '../../../api/SessionProvider.js'
import { Checkbox, Select, TextField } from '../../../ui/fields.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { toggleBottom } from '../../shell/bottom.js'
import { rhythms } from '../../shell/bottom/rhythm.js'
import type { Cell } from '../model.js'
import { compile } from '../references.js'
import { useNotebook } from '../useNotebook.js'

/** The statement as it would run now, with what it reads above it, kept under a title. */
export function SaveQueryDialog({ cell, onClose }: { cell: Cell; onClose(): void }) {
  const { notebook } = useNotebook()
  const session = useSession()
  const save = useSaveQuery(notebook.study)
  const [title, setTitle] = useState(`${notebook.page.title}: ${cell.name}`.slice(0, 200))
  const [every, setEvery] = useState<(typeof rhythms)[number]['id']>('asked')
  const [mail, setMail] = useState(false)
  const submit = () => {
    const { sql, parameters } = compile(notebook.page.cells, cell.id)
    const { cut } = notebook.page
    const draft = {
      title: title.trim(),
      sql,
      parameters,
      purpose: session.state().purpose,
      mail: mail && every !== 'asked',
      ...(cut === null ? {} : { cut }),
      ...(every === 'asked' ? {} : { every }),
    }
    const done = () => {
      toast.success('Saved', { action: { label: 'Show', onClick: () => toggleBottom('saved') } })
      onClose()
    }
    save.mutate(draft, { onSuccess: done })
  }
  return (
    <FormDialog
      title="Save as a query"
      lead="It keeps the text as it stands now. Each run is held against the one before: what changed is told in bands."
      submit="Save"
      ready={title.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField label="Title" value={title} onChange={setTitle} autoFocus />
      <Select label="Runs" value={every} onChange={setEvery} choices={[...rhythms]} />
      {every !== 'asked' && (
        <Checkbox
          label="Tell me by mail when the result changed; the mail holds neither title nor figure"
          checked={mail}
          onChange={setMail}
        />
      )}
    </FormDialog>
  )
}
