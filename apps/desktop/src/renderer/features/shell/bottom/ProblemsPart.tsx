import { CircleX, ClockAlert, WifiOff } from 'lucide-react'
import { useNavigate } from 'react-router'
import { useReachable } from '../../../api/queries.js'
import { paths } from '../../../paths.js'
import { Icon, type LucideIcon } from '../../../ui/Icon.js'
import { useDeskState } from '../../notebook/DeskProvider.js'
import { cardId } from '../../notebook/useNotebook.js'

interface Problem {
  id: string
  icon: LucideIcon
  tone: string
  where: string
  what: string
  notebook: string | null
  cell: string | null
}

/** Of all notebooks that lie open: cells that failed, edits that are not on the server. */
export function useProblems(): Problem[] {
  const open = [...useDeskState().values()]
  const { reachable } = useReachable()
  const offline: Problem[] = reachable
    ? []
    : [
        {
          id: 'offline',
          icon: WifiOff,
          tone: 'mark-idle',
          where: 'Connection',
          what: 'The server does not answer',
          notebook: null,
          cell: null,
        },
      ]
  return [
    ...offline,
    ...open.flatMap((notebook) => {
      const { id, page, save } = notebook
      const unsaved: Problem[] =
        save === 'failed' || save === 'conflict'
          ? [
              {
                id: `save-${id}`,
                icon: ClockAlert,
                tone: 'mark-warn',
                where: page.title,
                what: save === 'conflict' ? 'Somebody saved meanwhile: choose which text to keep' : 'The last edits are not on the server',
                notebook: id,
                cell: null,
              },
            ]
          : []
      const failed = page.cells.flatMap((cell): Problem[] => {
        const problem = notebook.runs[cell.id]?.problem
        if (!problem) return []
        return [
          {
            id: cell.id,
            icon: CircleX,
            tone: 'mark-bad',
            where: `${page.title}, ${cell.name}`,
            what: problem.what,
            notebook: id,
            cell: cell.id,
          },
        ]
      })
      return [...unsaved, ...failed]
    }),
  ]
}

export function ProblemsPart({ problems }: { problems: Problem[] }) {
  const navigate = useNavigate()
  if (problems.length === 0)
    return <p className="side-none sub">No problem: every cell that ran has its result, and every edit is saved.</p>
  const go = async ({ notebook, cell }: Problem) => {
    if (notebook === null) return
    await navigate(paths.notebook(notebook))
    // The notebook is drawn after the address has changed.
    setTimeout(() => cell !== null && document.getElementById(cardId(cell))?.focus(), 120)
  }
  return (
    <ul>
      {problems.map((problem) => (
        <li key={problem.id}>
          <button type="button" className="bottom-row" onClick={() => void go(problem)}>
            <Icon of={problem.icon} className={problem.tone} />
            <span className="medium cut">{problem.where}</span>
            <span className="grow cut ink-2">{problem.what}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
