import { useState } from 'react'
import { toast } from 'sonner'
import { isRole } from '@aquifer/core/access'
import type { PersonView } from '@aquifer/core/contract'
import { actorTypes } from '@aquifer/core/identity'
import { useGrant } from '../../../api/identity-queries.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Select, TextField } from '../../../ui/fields.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { PlaceFields } from '../places.js'
import { noneChosen, personRoles } from './AddPersonDialog.js'

/** Another role, reach or FHIR identity instead of the present one. */
export function GrantDialog({ person, onClose }: { person: PersonView; onClose(): void }) {
  const { studies } = useMe()
  const grant = useGrant()
  const [role, setRole] = useState(isRole(person.role) ? person.role : undefined)
  const [placed, place] = useState({ studies: person.studies, sites: person.sites })
  const [actor, setActor] = useState(person.actor ?? '')
  const submit = () => {
    if (role === undefined) return
    const said = actor.trim() === '' ? null : actor.trim()
    grant.mutate(
      { name: person.user, grant: { role, ...placed, patient: role === 'patient' ? person.patient : null, actor: said } },
      {
        onSuccess: () => {
          onClose()
          toast.success(`${person.name} has what you gave`, { description: 'The sessions under the former grant have ended.' })
        },
      },
    )
  }
  return (
    <FormDialog
      title={`What ${person.name} may do`}
      lead="Replaces what is given now and ends the person’s sessions, so that nothing goes on under the former grant."
      submit="Give this instead"
      ready={role !== undefined}
      busy={grant.isPending}
      error={grant.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Select label="Role" stacked value={role} choices={personRoles} onChange={setRole} />
      <PlaceFields studies={studies} value={placed} onChange={place} none={noneChosen(role)} />
      {role !== undefined && (
        <TextField
          label="Who this is in FHIR"
          value={actor}
          onChange={setActor}
          placeholder={`${actorTypes(role)[0]}/…`}
          note="Empty: nobody. Relationships that name this resource hold for the account."
        />
      )}
    </FormDialog>
  )
}
