import { useState } from 'react'
import { toast } from 'sonner'
import { addedKinds, relationshipShape, type AddedKind } from '@aquifer/core/access'
import type { NewRelationship } from '@aquifer/core/contract'
import { useAddRelationship } from '../../../api/access-queries.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Segments, Select, TextField } from '../../../ui/fields.js'
import { parseDay } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { isReason, ReasonField } from '../ReasonField.js'
import { kindEffects, kindNames } from './kinds.js'

const blank = { holder: '', patient: '', study: '', site: '', from: '', to: '', finding: '', reason: '' }
type Words = typeof blank
const bases = [
  { id: 'minority', label: 'Minor child' },
  { id: 'non-competence', label: 'Finding of non-competence' },
] as const
const sights = [
  { id: 'no', label: 'Without persons' },
  { id: 'yes', label: 'Identified data, too' },
] as const

/** Asks for what the kind needs and for nothing else. */
export function AddRelationshipDialog({ kind: first, study, onClose }: { kind: AddedKind | undefined; study: string; onClose(): void }) {
  const { studies, role } = useMe()
  const add = useAddRelationship()
  const [kind, setKind] = useState<AddedKind>(first ?? 'practitioner-site')
  const [words, setWords] = useState<Words>({ ...blank, study })
  const [basis, setBasis] = useState<'minority' | 'non-competence'>('minority')
  const [phi, setPhi] = useState<'yes' | 'no'>('no')
  const set = (part: Partial<Words>) => setWords({ ...words, ...part })
  const shape = relationshipShape(kind)
  const sites = studies.find(({ id }) => id === words.study)?.sites ?? []
  const body = relationshipOf({ kind, words, basis, phi: phi === 'yes' })
  const integrator = kind === 'integrator-study'
  return (
    <FormDialog
      title={integrator ? 'Approve an integrator' : 'Add a relationship'}
      lead={kindEffects[kind]}
      submit={integrator ? 'Approve 1 integrator' : 'Add 1 relationship'}
      ready={body !== null && isReason(words.reason)}
      busy={add.isPending}
      error={add.error}
      onSubmit={() =>
        body &&
        add.mutate(
          { ...body, reason: words.reason.trim() },
          {
            onSuccess: (made) => {
              onClose()
              toast.success('The relationship is in force', { description: `${made.holder} reaches ${made.target}.` })
            },
          },
        )
      }
      onClose={onClose}
    >
      <Select label="Kind" stacked value={kind} choices={addedKinds.map((id) => ({ id, label: kindNames[id] }))} onChange={setKind} />
      <TextField
        label="Holder"
        value={words.holder}
        onChange={(holder) => set({ holder })}
        placeholder={shape.holders.map((type) => `${type}/…`).join(' or ')}
        autoFocus
      />
      {shape.patient && (
        <TextField label="Patient id" value={words.patient} onChange={(patient) => set({ patient })} placeholder="as in Patient/…" />
      )}
      <div className="form-two">
        <Select
          label="Study"
          stacked
          value={words.study}
          choices={[
            ...(shape.study === 'possible' && role === 'administrator' ? [{ id: '', label: 'Every study of the person' }] : []),
            ...studies.map(({ id, name }) => ({ id, label: `${id}, ${name}` })),
          ]}
          onChange={(id) => set({ study: id, site: '' })}
        />
        {shape.site !== 'none' && (
          <Select
            label="Site"
            stacked
            value={words.site}
            choices={[...(shape.site === 'possible' ? [{ id: '', label: 'Every site' }] : []), ...sites.map((id) => ({ id, label: id }))]}
            onChange={(site) => set({ site })}
          />
        )}
        <DayField label="From, if not now" value={words.from} onChange={(from) => set({ from })} />
        <DayField label={integrator ? 'Until, within 366 days' : 'Until, if it is known'} value={words.to} onChange={(to) => set({ to })} />
      </div>
      {kind === 'guardian' && <Segments label="Why a guardian acts" value={basis} choices={bases} onChange={setBasis} />}
      {kind === 'guardian' && basis === 'non-competence' && (
        <TextField label="Where the finding is recorded" value={words.finding} onChange={(finding) => set({ finding })} />
      )}
      {integrator && role === 'study-manager' && (
        <Segments label="What the integrator sees" value={phi} choices={sights} onChange={setPhi} />
      )}
      <ReasonField value={words.reason} onChange={(reason) => set({ reason })} />
    </FormDialog>
  )
}

function DayField({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  return (
    <TextField
      label={label}
      value={value}
      onChange={onChange}
      placeholder="22 Nov 2027"
      isInvalid={value.trim() !== '' && parseDay(value) === undefined}
    />
  )
}

interface Draft {
  kind: AddedKind
  words: Words
  basis: 'minority' | 'non-competence'
  phi: boolean
}

/** null: something that the kind needs is missing. */
function relationshipOf({ kind, words, basis, phi }: Draft): NewRelationship | null {
  const shape = relationshipShape(kind)
  const said = (text: string): string | null => (text.trim() === '' ? null : text.trim())
  const [holder, patient, finding] = [said(words.holder), said(words.patient), said(words.finding)]
  const [from, to] = [startOf(words.from), startOf(words.to)]
  const guarded = kind === 'guardian'
  const missing = [
    holder === null,
    shape.patient && patient === null,
    shape.study === 'needed' && words.study === '',
    shape.site === 'needed' && words.site === '',
    from === undefined || to === undefined,
    kind === 'integrator-study' && to === null,
    guarded && basis === 'non-competence' && finding === null,
  ]
  if (missing.includes(true) || holder === null) return null
  return {
    kind,
    holder,
    ...(shape.patient && patient !== null ? { patient } : {}),
    ...(words.study === '' ? {} : { study: words.study }),
    ...(shape.site !== 'none' && words.site !== '' ? { site: words.site } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(guarded ? { basis } : {}),
    ...(guarded && basis === 'non-competence' && finding !== null ? { finding } : {}),
    ...(kind === 'integrator-study' && phi ? { phi } : {}),
  }
}

/** The first instant of a day here; null for none, undefined where it is no day. */
function startOf(text: string): string | null | undefined {
  if (text.trim() === '') return null
  const day = parseDay(text)
  return day === undefined ? undefined : new Date(`${day}T00:00:00`).toISOString()
}
