import { Footprints, NotebookPen, Plus } from 'lucide-react'
import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { useNotebooks } from '../../api/queries.js'
import { getsCountsOnly, mayAsk } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { useCommands, type Command } from '../shell/commands.js'
import { useTour } from './tour/tour.js'
import { blank, example, useCreateNotebook } from './useCreateNotebook.js'

/** From every page: a new notebook, or one of those that are there. */
export function useNotebookCommands(): void {
  const me = useMe()
  const study = useStudy()
  const allowed = mayAsk(me) && study !== undefined
  const counts = getsCountsOnly(me)
  const { data } = useNotebooks(study?.id, allowed)
  const { create } = useCreateNotebook(study?.id ?? '')
  const tour = useTour(study?.id ?? '')
  const navigate = useNavigate()
  const commands = useMemo<Command[]>(() => {
    if (!allowed) return []
    return [
      { id: 'new-notebook', group: 'Commands', name: 'New notebook', icon: Plus, run: () => create(blank(counts)) },
      { id: 'example-notebook', group: 'Commands', name: 'New notebook from the example', icon: Plus, run: () => create(example(counts)) },
      { id: 'tour', group: 'Commands', name: 'Take the tour', icon: Footprints, run: tour.begin },
      ...(data?.notebooks ?? []).map((notebook) => ({
        id: `notebook-${notebook.id}`,
        group: 'Notebooks' as const,
        name: notebook.title,
        icon: NotebookPen,
        run: () => void navigate(paths.notebook(notebook.id)),
      })),
    ]
  }, [allowed, counts, data, create, navigate, tour])
  useCommands(commands)
}
