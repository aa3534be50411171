import { useState, type ReactNode } from 'react'
import { signatureMeanings, type SignatureRequest } from '@aquifer/core/contract'
import { useMe } from '../../api/SessionProvider.js'
import { Select, TextField } from '../../ui/fields.js'
import { FormDialog } from '../../ui/FormDialog.js'

export interface Signing {
  meaning: SignatureRequest['meaning']
  password: string
}

/** An electronic signature: who, as what, what for, under which document; the password says once more who it is. */
export function SignatureDialog({
  title,
  lead,
  submit,
  changes,
  sha256,
  busy,
  error,
  sign,
  onClose,
}: {
  title: string
  lead: string
  submit: string
  changes: ReactNode
  sha256: string
  busy: boolean
  error: unknown
  /** `refused` when the password has to be asked again. */
  sign(signing: Signing, refused: () => void): void
  onClose(): void
}) {
  const me = useMe()
  const [meaning, setMeaning] = useState<Signing['meaning']>('approval')
  const [password, setPassword] = useState('')
  return (
    <FormDialog
      title={title}
      lead={lead}
      submit={submit}
      ready={password !== ''}
      busy={busy}
      error={error}
      onSubmit={() => sign({ meaning, password }, () => setPassword(''))}
      onClose={onClose}
    >
      <dl className="facts sunken">
        <div>
          <dt className="sub">Changes</dt>
          <dd>{changes}</dd>
        </div>
        <div>
          <dt className="sub">Document</dt>
          <dd className="mono">SHA-256 {sha256}</dd>
        </div>
        <div>
          <dt className="sub">Signed as</dt>
          <dd>
            {me.name} <span className="mono">{me.user}</span>
          </dd>
        </div>
      </dl>
      <Select label="Meaning" stacked value={meaning} choices={signatureMeanings.map((id) => ({ id, label: id }))} onChange={setMeaning} />
      <TextField label="Your password" type="password" value={password} onChange={setPassword} autoComplete="current-password" autoFocus />
    </FormDialog>
  )
}
