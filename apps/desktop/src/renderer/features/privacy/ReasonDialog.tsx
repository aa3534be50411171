import { useState, type ReactNode } from 'react'
import { TextField } from '../../ui/fields.js'
import { FormDialog } from '../../ui/FormDialog.js'
import { reasonFault, reasonRules, type ReasonRule } from './reason.js'

/** An act that somebody answers for: what it does, and why it was done, as the trail keeps it. */
export function ReasonDialog({
  rule,
  ready = true,
  onSubmit,
  children,
  ...rest
}: {
  title: string
  lead: ReactNode
  submit: string
  look?: 'primary' | 'danger'
  wide?: boolean
  rule: ReasonRule
  /** whether all else that is asked was given */
  ready?: boolean
  busy: boolean
  error: unknown
  onSubmit(reason: string): void
  onClose(): void
  children?: ReactNode
}) {
  const [reason, setReason] = useState('')
  const told = reason.trim()
  const fault = reasonFault(told, rule)
  const { least, most } = reasonRules[rule]
  const few = told.length < least && least > 1 ? `, at least ${least}` : ''
  return (
    <FormDialog {...rest} ready={ready && fault === null && told.length >= least} onSubmit={() => onSubmit(told)}>
      {children}
      <TextField
        label="Reason, kept in the audit trail"
        value={reason}
        onChange={setReason}
        autoFocus
        fault={fault ?? undefined}
        note={`${told.length} of ${most}${few}`}
      />
    </FormDialog>
  )
}
