import { useState } from 'react'
import type { Invitation, Me } from '@aquifer/core/contract'
import { actorTypes, isPersonName, isPersonRole } from '@aquifer/core/identity'
import { useAddPerson } from '../../../api/identity-queries.js'
import { roleChoices } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Select, TextField } from '../../../ui/fields.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { PlaceFields, type Placed } from '../places.js'

type Role = Me['role']
export const personRoles = roleChoices.filter(({ id }) => isPersonRole(id))
const none: Placed = { studies: [], sites: [] }

/** Whom nothing is given by account: what he reaches follows from relationships. */
export const noneChosen = (role: Role | undefined): string =>
  role === 'guardian' || role === 'practitioner'
    ? 'None by account: this person reaches by relationships.'
    : 'None chosen: this person reaches nothing until a relationship says so.'

export function AddPersonDialog({ told, onClose }: { told(made: Invitation[]): void; onClose(): void }) {
  const { studies } = useMe()
  const add = useAddPerson()
  const [role, setRole] = useState<Role>()
  const [words, setWords] = useState({ name: '', display: '', email: '', actor: '' })
  const [placed, place] = useState(none)
  const set = (part: Partial<typeof words>) => setWords({ ...words, ...part })
  const name = words.name.trim()
  const submit = () => {
    if (role === undefined) return
    const said = (text: string) => (text.trim() === '' ? undefined : text.trim())
    const body = { name, role, ...placed, display: said(words.display), email: said(words.email), actor: said(words.actor) }
    add.mutate(body, { onSuccess: (made) => told([made]) })
  }
  return (
    <FormDialog
      title="Add a person"
      lead="You get a code, once, to hand over. With it the person chooses a password that nobody else knows."
      submit="Add 1 person"
      ready={isPersonName(name) && role !== undefined}
      busy={add.isPending}
      error={add.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="form-two">
        <TextField
          label="User name"
          value={words.name}
          onChange={(text) => set({ name: text })}
          autoFocus
          isInvalid={name !== '' && !isPersonName(name)}
          note="Letters, digits and . _ @ + -"
        />
        <TextField label="Full name" value={words.display} onChange={(display) => set({ display })} />
        <TextField label="Email, if known" value={words.email} onChange={(email) => set({ email })} />
        <Select label="Role" stacked value={role} choices={personRoles} onChange={setRole} />
      </div>
      <PlaceFields studies={studies} value={placed} onChange={place} none={noneChosen(role)} />
      {role !== undefined && (
        <TextField
          label="Who this is in FHIR, if known"
          value={words.actor}
          onChange={(actor) => set({ actor })}
          placeholder={`${actorTypes(role)[0]}/…`}
          note={
            role === 'patient'
              ? 'A patient’s own record: without it there is nothing to see.'
              : 'Relationships that name this resource then hold for the account.'
          }
        />
      )}
    </FormDialog>
  )
}
