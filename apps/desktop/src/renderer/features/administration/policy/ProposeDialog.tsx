import { CircleCheck, CircleX, Download, FileUp, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { toast } from 'sonner'
import type { RolePolicyDocument } from '@aquifer/core/access'
import type { RolePolicyChecked } from '@aquifer/core/contract'
import { useCheckPolicy, useProposePolicy } from '../../../api/access-queries.js'
import { roleWords } from '../../../api/roles.js'
import { Button } from '../../../ui/Button.js'
import { plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { download } from '../../notebook/csv.js'

/** A document is checked before it is proposed: each finding with its line, its place and what helps. */
export function ProposeDialog({
  inForce,
  proposed,
  onClose,
}: {
  inForce: RolePolicyDocument
  proposed(version: number): void
  onClose(): void
}) {
  const check = useCheckPolicy()
  const propose = useProposePolicy()
  const [file, setFile] = useState<{ name: string; text: string } | null>(null)
  const read = async (chosen: File | undefined) => {
    if (chosen === undefined) return
    const text = await chosen.text()
    setFile({ name: chosen.name, text })
    propose.reset()
    check.mutate(text)
  }
  const errors = check.data?.findings.filter(({ severity }) => severity === 'error').length ?? 0
  const submit = () =>
    file &&
    propose.mutate(file.text, {
      onSuccess: ({ version }) => {
        onClose()
        proposed(version)
        toast.success(`Version ${version} is proposed`, { description: 'It counts when two people have signed it.' })
      },
    })
  return (
    <FormDialog
      wide
      title="Propose a role policy"
      lead="A JSON document: what each role may do. Start from the one in force, change it, and see here what it would change."
      submit={errors > 0 ? `${plural(errors, 'error')} to correct` : 'Propose it for signature'}
      ready={check.data !== undefined && !check.isPending && errors === 0}
      busy={propose.isPending}
      error={propose.error ?? check.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="row">
        <FileTrigger acceptedFileTypes={['.json', 'application/json']} onSelect={(files) => void read(files?.[0])}>
          <Button icon={FileUp}>{file === null ? 'Choose a file' : 'Choose another file'}</Button>
        </FileTrigger>
        <span className="cut">{file?.name}</span>
        <Button
          look="quiet"
          icon={Download}
          className="end"
          onPress={() => download('role-policy.json', `${JSON.stringify(inForce, null, 2)}\n`, 'application/json')}
        >
          Start from the one in force
        </Button>
      </div>
      {check.isPending && <p className="sub">Checking {file?.name}</p>}
      {check.data && <Checked checked={check.data} errors={errors} />}
    </FormDialog>
  )
}

function Checked({ checked: { findings, changes }, errors }: { checked: RolePolicyChecked; errors: number }) {
  return (
    <>
      <p role="status" className={errors > 0 ? 'notice bad' : 'notice info'}>
        <Icon of={errors > 0 ? CircleX : CircleCheck} />
        {errors > 0
          ? `${plural(errors, 'error')}. It cannot be proposed like this.`
          : `No errors. ${plural(changes.length, 'change')} against the policy in force.`}
      </p>
      {findings.length > 0 && (
        <ul className="findings">
          {findings.map((finding, at) => (
            <li key={at}>
              <Icon
                of={finding.severity === 'error' ? CircleX : TriangleAlert}
                className={finding.severity === 'error' ? 'mark-bad' : 'mark-warn'}
              />
              <div>
                <p>
                  <span className="mono sub">
                    {finding.line !== null && `line ${finding.line} `}
                    {finding.path}
                  </span>
                </p>
                <p>
                  {finding.message} <span className="ink-2">{finding.remedy}</span>
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {errors === 0 && changes.length > 0 && (
        <ul className="findings changes">
          {changes.map(({ role, kind, item, change }) => (
            <li key={`${role} ${kind} ${item}`}>
              <span className={`mark ${change}`} aria-label={change === 'granted' ? 'given' : 'taken'}>
                {change === 'granted' ? '+' : '−'}
              </span>
              <span className="medium">{roleWords(role)}</span>
              <span className="ink-2">{kind === 'rights' ? '' : `${kind}s`}</span>
              <span className="mono">{item}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
