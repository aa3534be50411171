import { useState } from 'react'
import { cutName, type CutView } from '@aquifer/core/contract'
import { useMakeCut, useRetireCut } from '../../api/cut-queries.js'
import { TextField } from '../../ui/fields.js'
import { FormDialog } from '../../ui/FormDialog.js'

const reasonLeast = 10

/** A signature: why, and once more who it is. */
function useSigning() {
  const [reason, setReason] = useState('')
  const [password, setPassword] = useState('')
  const told = reason.trim()
  const fields = (label: string) => (
    <>
      <TextField
        label={label}
        value={reason}
        onChange={setReason}
        note={told.length < reasonLeast ? `at least ${reasonLeast} characters` : ''}
      />
      <TextField
        label="Your password, as your signature"
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
      />
    </>
  )
  return { fields, signed: { reason: told, password }, ready: told.length >= reasonLeast && password !== '', forget: () => setPassword('') }
}

export function MakeDialog({ study, onClose, onMade }: { study: string; onClose(): void; onMade(name: string): void }) {
  const [name, setName] = useState('')
  const { fields, signed, ready, forget } = useSigning()
  const make = useMakeCut(study)
  const isName = cutName.safeParse(name).success
  const done = (cut: CutView) => {
    onMade(cut.name)
    onClose()
  }
  return (
    <FormDialog
      title="Make a data cut"
      lead="The newest snapshot is frozen under this name, for good: a name is given once. You answer for it with your signature."
      submit="Sign and freeze"
      ready={ready && isName}
      busy={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate({ name, ...signed }, { onSuccess: done, onError: forget })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={name}
        onChange={setName}
        placeholder="interim-1"
        autoFocus
        fault={name === '' || isName ? undefined : 'Letters, digits, dots, underscores and hyphens, at most 64.'}
      />
      {fields('What it is for')}
    </FormDialog>
  )
}

export function RetireDialog({ cut, onClose }: { cut: CutView; onClose(): void }) {
  const { fields, signed, ready, forget } = useSigning()
  const retire = useRetireCut(cut.study, cut.name)
  return (
    <FormDialog
      title={`Retire ${cut.name}`}
      lead="Its rows are deleted and nobody can ask it again. That it was there, what it held and who signed it stays."
      submit="Sign and retire"
      look="danger"
      ready={ready}
      busy={retire.isPending}
      error={retire.error}
      onSubmit={() => retire.mutate(signed, { onSuccess: onClose, onError: forget })}
      onClose={onClose}
    >
      {fields('Why it is needed no more')}
    </FormDialog>
  )
}
