import { useState, type ReactNode } from 'react'
import { TextField } from '../../ui/fields.js'
import { FormDialog } from '../../ui/FormDialog.js'

const most = 500

/** An act that somebody answers for: what it does, and why it was done, as the trail keeps it. */
export function ReasonDialog({
  least,
  onSubmit,
  children,
  ...rest
}: {
  title: string
  lead: ReactNode
  submit: string
  look?: 'primary' | 'danger'
  /** characters */
  least: number
  busy: boolean
  error: unknown
  onSubmit(reason: string): void
  onClose(): void
  children?: ReactNode
}) {
  const [reason, setReason] = useState('')
  const told = reason.trim()
  const few = told.length < least && least > 1 ? `, at least ${least}` : ''
  return (
    <FormDialog {...rest} ready={told.length >= least && told.length <= most} onSubmit={() => onSubmit(told)}>
      {children}
      <TextField
        label="Reason, kept in the audit trail"
        value={reason}
        onChange={setReason}
        autoFocus
        isInvalid={told.length > most}
        note={`${told.length} of ${most}${few}`}
      />
    </FormDialog>
  )
}
