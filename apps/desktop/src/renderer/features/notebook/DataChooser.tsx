import { Snowflake, Waves } from 'lucide-react'
import { useCuts } from '../../api/cut-queries.js'
import { Select } from '../../ui/fields.js'
import { useNotebook } from './useNotebook.js'

// A name of a cut never begins with a hyphen.
const living = '-living'

/** What the cells of a notebook read: the living data, or a cut by its name. Nothing to choose where there is no cut. */
export function DataChooser() {
  const { notebook, actions } = useNotebook()
  const { cut } = notebook.page
  const standing = useCuts(notebook.study).data?.cuts.filter(({ state }) => state === 'standing') ?? []
  const names = standing.map(({ name }) => name)
  if (cut !== null && !names.includes(cut)) names.push(cut)
  if (names.length === 0) return null
  return (
    <Select
      label="Data"
      hidden
      value={cut ?? living}
      choices={[{ id: living, label: 'Living data', icon: Waves }, ...names.map((id) => ({ id, label: `Cut ${id}`, icon: Snowflake }))]}
      onChange={(id) => actions.read(id === living ? null : id)}
    />
  )
}
