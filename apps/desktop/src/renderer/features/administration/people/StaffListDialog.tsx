import { CircleCheck, CircleX, Download, FileUp } from 'lucide-react'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import type { Invitation, StaffCheck } from '@aquifer/core/contract'
import { useCheckStaff, useImportStaff } from '../../../api/identity-queries.js'
import { roleWords } from '../../../api/roles.js'
import { Button } from '../../../ui/Button.js'
import { plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { download } from '../../notebook/csv.js'

const head = 'name,display,email,role,studies,sites,patient,subject,actor'
const sample = `${head}\r\nlea,"Lea Brook, MD",lea@site.example,investigator,HARBOR,NORTHPIER,,,Practitioner/lea\r\n`

/** All of a list or none of it: what each line would do is shown before anybody is added. */
export function StaffListDialog({ told, onClose }: { told(made: Invitation[]): void; onClose(): void }) {
  const check = useCheckStaff()
  const add = useImportStaff()
  const [file, setFile] = useState<{ name: string; text: string } | null>(null)
  const lines = check.data?.lines ?? []
  const wrong = lines.filter(({ faults }) => faults.length > 0).length
  const read = async (chosen: File | undefined) => {
    if (chosen === undefined) return
    const text = await chosen.text()
    setFile({ name: chosen.name, text })
    add.reset()
    check.mutate(text)
  }
  const ready = file !== null && lines.length > 0 && wrong === 0 && !check.isPending
  return (
    <FormDialog
      wide
      title="Upload a staff list"
      lead="CSV with a head line. All of it is taken or none of it: first see what each line would do."
      submit={
        wrong > 0
          ? `${plural(wrong, 'line')} to correct`
          : lines.length > 0
            ? `Add ${plural(lines.length, 'person', 'people')}`
            : 'Add people'
      }
      ready={ready}
      busy={add.isPending}
      error={add.error ?? check.error}
      onSubmit={() => file && add.mutate(file.text, { onSuccess: ({ invitations }) => told(invitations) })}
      onClose={onClose}
    >
      <div className="row">
        <FileTrigger acceptedFileTypes={['.csv', 'text/csv']} onSelect={(files) => void read(files?.[0])}>
          <Button icon={FileUp}>{file === null ? 'Choose a file' : 'Choose another file'}</Button>
        </FileTrigger>
        <span className="cut">{file?.name}</span>
        <Button look="quiet" icon={Download} className="end" onPress={() => download('staff-list.csv', sample, 'text/csv;charset=utf-8')}>
          A list to start from
        </Button>
      </div>
      {check.isPending && <p className="sub">Reading {file?.name}</p>}
      {file !== null && check.data !== undefined && <Preview lines={lines} wrong={wrong} />}
    </FormDialog>
  )
}

function Preview({ lines, wrong }: { lines: StaffCheck['lines']; wrong: number }) {
  if (lines.length === 0) return <p className="notice warn">The list names nobody: below the head line, one line for each person.</p>
  return (
    <>
      <p role="status" className={wrong > 0 ? 'notice bad' : 'notice info'}>
        <Icon of={wrong > 0 ? CircleX : CircleCheck} />
        {wrong > 0 ? `${plural(wrong, 'line')} of ${lines.length} cannot be taken. Nobody is added.` : `Every line can be taken.`}
      </p>
      <div className="staff-preview">
        <table className="table">
          <thead>
            <tr>
              <th className="n">Line</th>
              <th>Person</th>
              <th>Role</th>
              <th>Studies, sites</th>
              <th>Result</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((each) => (
              <tr key={each.line} data-wrong={each.faults.length > 0 || undefined}>
                <td className="n sub">{each.line}</td>
                <td>
                  <span className="medium">{each.display || each.name}</span> <span className="mono ink-3">{each.name}</span>
                </td>
                <td>{roleWords(each.role)}</td>
                <td className="ink-2">{[each.studies, each.sites].filter(Boolean).join(', ')}</td>
                <td className="faults">{each.faults.length === 0 ? <span className="mark-ok">is added</span> : each.faults.join('; ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
