import { TextField } from '../../ui/fields.js'

const reasonMax = 255
// It goes in a header, which carries no other letters.
const plain = /^[\x20-\x7e]*$/
export const isReason = (text: string): boolean => text.trim() !== '' && text.length <= reasonMax && plain.test(text)

/** Why something is done, as the trail will keep it. */
export function ReasonField({ value, onChange, autoFocus }: { value: string; onChange(value: string): void; autoFocus?: boolean }) {
  const wrong = !plain.test(value) ? 'Plain letters only: no accents, no line breaks.' : value.length > reasonMax ? 'Too long.' : null
  return (
    <TextField
      label="Reason, kept in the audit trail"
      value={value}
      onChange={onChange}
      isInvalid={wrong !== null}
      autoFocus={autoFocus === true}
      note={wrong ?? `${value.length} of ${reasonMax}`}
    />
  )
}
