import { useState } from 'react'
import { toast } from 'sonner'
import { signatureMeanings, type RolePolicyVersion, type SignatureRequest } from '@aquifer/core/contract'
import { useSignPolicy } from '../../../api/access-queries.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Select, TextField } from '../../../ui/fields.js'
import { plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'

/** An electronic signature: who, as what, what for, under which document; the password says once more who it is. */
export function SignDialog({ version, onClose }: { version: RolePolicyVersion; onClose(): void }) {
  const me = useMe()
  const sign = useSignPolicy()
  const [meaning, setMeaning] = useState<SignatureRequest['meaning']>('approval')
  const [password, setPassword] = useState('')
  const last = version.signatures.length > 0
  const submit = () =>
    sign.mutate(
      { version: version.version, meaning, password },
      {
        onSuccess: ({ state }) => {
          onClose()
          toast.success(state === 'in-force' ? `Version ${version.version} is in force` : `You have signed version ${version.version}`)
        },
        onError: () => setPassword(''),
      },
    )
  return (
    <FormDialog
      title={`Sign version ${version.version}, ${version.name}`}
      lead={
        last
          ? 'Yours is the second signature: the policy is in force with it, for the next request of everybody.'
          : 'Yours is the first signature. The policy counts when somebody else has signed it, too.'
      }
      submit={last ? 'Sign and put in force' : 'Sign'}
      ready={password !== ''}
      busy={sign.isPending}
      error={sign.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <dl className="facts sunken">
        <div>
          <dt className="sub">Changes</dt>
          <dd>{plural(version.changes.length, 'change')} against the policy in force</dd>
        </div>
        <div>
          <dt className="sub">Document</dt>
          <dd className="mono">SHA-256 {version.sha256}</dd>
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
