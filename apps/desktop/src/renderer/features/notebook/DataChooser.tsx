import { Snowflake, Waves } from 'lucide-react'
import { useCuts } from '../../api/cut-queries.js'
import { useSession, useSessionState } from '../../api/SessionProvider.js'
import { Select } from '../../ui/fields.js'

// A name of a cut never begins with a hyphen.
const living = '-living'

/** What statements read: the living data, or a cut by its name. Nothing to choose where there is no cut. */
export function DataChooser({ study }: { study: string }) {
  const session = useSession()
  useSessionState()
  const cut = session.cutOf(study)
  const standing = useCuts(study).data?.cuts.filter(({ state }) => state === 'standing') ?? []
  const names = standing.map(({ name }) => name)
  if (cut !== null && !names.includes(cut)) names.push(cut)
  if (names.length === 0) return null
  return (
    <Select
      label="Data"
      hidden
      value={cut ?? living}
      choices={[{ id: living, label: 'Living data', icon: Waves }, ...names.map((id) => ({ id, label: `Cut ${id}`, icon: Snowflake }))]}
      onChange={(id) => session.chooseCut(id === living ? null : { study, name: id })}
    />
  )
}
