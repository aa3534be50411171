import type { Me } from '@aquifer/core/contract'
import { Several } from '../../ui/fields.js'
import { Tag } from '../../ui/Badge.js'

/** Where somebody reaches, as it was given to him. */
export function Places({ studies, sites }: { studies: readonly string[]; sites: readonly string[] }) {
  if (studies.length === 0) return <span className="ink-3">none by account</span>
  const all = studies.includes('*')
  return (
    <span className="row" style={{ gap: 4 }}>
      {all ? <Tag>all studies</Tag> : studies.map((id) => <Tag key={id}>{id}</Tag>)}
      {sites.length > 0 && <span className="sub cut">{sites.length === 1 ? sites[0] : `${sites.length} sites`}</span>}
    </span>
  )
}

export interface Placed {
  studies: string[]
  sites: string[]
}

/** Studies of the giver's own, and their sites; nothing chosen means what the notes say. */
export function PlaceFields({
  studies,
  value,
  onChange,
  none,
}: {
  studies: Me['studies']
  value: Placed
  onChange(value: Placed): void
  none: string
}) {
  const sites = [...new Set(studies.filter(({ id }) => value.studies.includes(id)).flatMap((study) => study.sites))]
  const everything = value.studies.includes('*')
  return (
    <>
      <Several
        label="Studies"
        value={value.studies}
        choices={[{ id: '*', label: 'All, later ones too' }, ...studies.map(({ id }) => ({ id, label: id }))]}
        onChange={(chosen) => {
          const all = chosen.includes('*') && !everything
          const named = chosen.filter((id) => id !== '*')
          const kept = all ? ['*'] : named
          const left = new Set(studies.filter(({ id }) => kept.includes(id)).flatMap((study) => study.sites))
          onChange({ studies: kept, sites: value.sites.filter((id) => left.has(id)) })
        }}
        note={value.studies.length === 0 ? none : undefined}
      />
      {sites.length > 0 && (
        <Several
          label="Sites"
          value={value.sites}
          choices={sites.map((id) => ({ id, label: id }))}
          onChange={(chosen) => onChange({ ...value, sites: chosen })}
          note={value.sites.length === 0 ? 'None chosen: every site of the studies.' : undefined}
        />
      )}
    </>
  )
}
