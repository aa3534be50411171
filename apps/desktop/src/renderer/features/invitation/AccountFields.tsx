import { IdCard, Lock, User } from 'lucide-react'
import { TextField } from '../../ui/fields.js'
import type { Faults } from './draft.js'
import type { Words } from './words.js'

interface Account {
  display: string
  user: string
  password: string
}

/** The account that an invitation makes; at an outside provider only the name is asked. */
export function AccountFields({
  account,
  faults,
  words,
  own,
  onChange,
}: {
  account: Account
  faults: Faults
  words: Words
  own: boolean
  onChange(change: Partial<Account>): void
}) {
  return (
    <>
      <TextField
        large
        label={words.display}
        icon={IdCard}
        value={account.display}
        onChange={(display) => onChange({ display })}
        autoComplete="name"
        fault={faults['display']}
      />
      {own && (
        <>
          <TextField
            large
            label={words.user}
            icon={User}
            value={account.user}
            onChange={(user) => onChange({ user: user.toLowerCase() })}
            autoComplete="username"
            note={words.userNote}
            fault={faults['user']}
          />
          <TextField
            large
            label={words.password}
            icon={Lock}
            type="password"
            value={account.password}
            onChange={(password) => onChange({ password })}
            autoComplete="new-password"
            note={words.passwordNote}
            fault={faults['password']}
          />
        </>
      )}
    </>
  )
}
