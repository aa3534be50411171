import { useState } from 'react'
import { toast } from 'sonner'
import type { Me, NewClient } from '@aquifer/core/contract'
import { isClientName } from '@aquifer/core/identity'
import { useAddClient } from '../../../api/identity-queries.js'
import { roleChoices } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Segments, Select, TextField } from '../../../ui/fields.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { PlaceFields } from '../places.js'
import { keysIn } from './keys.js'
import { KeysField } from './KeysField.js'

type Kind = 'headless' | 'device' | 'program'
const kinds = [
  { id: 'headless', label: 'Feed or service' },
  { id: 'device', label: 'Device of a person' },
  { id: 'program', label: 'Signs people in' },
] as const
const daysChoices = [
  { id: '90', label: '90 days' },
  { id: '365', label: '1 year' },
  { id: '', label: 'Until it is suspended' },
]
const leads: Record<Kind, string> = {
  headless: 'It signs in by its own key and reaches exactly what is chosen here. No relationship adds to it.',
  device: 'It writes readings of one person and reads nothing.',
  program: 'It has no rights of its own: what it may do is what the person who signs in may do.',
}
const blank = { name: '', display: '', patient: '', redirect: '', keys: '', days: '365' }

export function RegisterDialog({ onClose }: { onClose(): void }) {
  const { studies } = useMe()
  const add = useAddClient()
  const [kind, setKind] = useState<Kind>('headless')
  const [role, setRole] = useState<Me['role']>('integrator')
  const [words, setWords] = useState(blank)
  const [placed, place] = useState({ studies: [] as string[], sites: [] as string[] })
  const set = (part: Partial<typeof words>) => setWords({ ...words, ...part })
  const body = clientOf({ kind, role, words, placed })
  return (
    <FormDialog
      title="Register a client"
      lead={leads[kind]}
      submit="Register 1 client"
      ready={body !== null}
      busy={add.isPending}
      error={add.error}
      onSubmit={() =>
        body &&
        add.mutate(body, {
          onSuccess: ({ name }) => {
            onClose()
            toast.success(`${name} is registered`)
          },
        })
      }
      onClose={onClose}
    >
      <Segments label="What it is" value={kind} choices={kinds} onChange={setKind} />
      <div className="form-two">
        <TextField
          label="Client name"
          value={words.name}
          onChange={(name) => set({ name })}
          autoFocus
          isInvalid={words.name !== '' && !isClientName(words.name.trim())}
          note="Letters, digits and . _ -"
        />
        <TextField label="What people call it" value={words.display} onChange={(display) => set({ display })} />
        {kind === 'headless' && <Select label="Role" stacked value={role} choices={roleChoices} onChange={setRole} />}
        {kind === 'device' && <TextField label="Patient id of its person" value={words.patient} onChange={(patient) => set({ patient })} />}
        <Select label="Holds for" stacked value={words.days} choices={daysChoices} onChange={(days) => set({ days })} />
      </div>
      {kind === 'program' ? (
        <TextField
          label="Where people come back to"
          value={words.redirect}
          onChange={(redirect) => set({ redirect })}
          placeholder="https://portal.example/back"
          note="https, or http on this machine"
        />
      ) : (
        <>
          <PlaceFields studies={studies} value={placed} onChange={place} none="None chosen: it reaches nothing." />
          <KeysField value={words.keys} onChange={(keys) => set({ keys })} />
        </>
      )}
    </FormDialog>
  )
}

interface Draft {
  kind: Kind
  role: Me['role']
  words: typeof blank
  placed: { studies: string[]; sites: string[] }
}

/** null: something is still missing. */
function clientOf({ kind, role, words, placed }: Draft): NewClient | null {
  const name = words.name.trim()
  if (!isClientName(name)) return null
  const common = {
    name,
    ...(words.display.trim() === '' ? {} : { display: words.display.trim() }),
    ...(words.days === '' ? {} : { ttlS: Number(words.days) * 86_400 }),
  }
  if (kind === 'program') return words.redirect.trim() === '' ? null : { ...common, redirects: [words.redirect.trim()] }
  const read = keysIn(words.keys)
  if (!('keys' in read)) return null
  if (kind === 'headless') return { ...common, role, ...placed, ...read.keys }
  const patient = words.patient.trim()
  return patient === '' ? null : { ...common, role: 'device', people: [patient], ...placed, ...read.keys }
}
