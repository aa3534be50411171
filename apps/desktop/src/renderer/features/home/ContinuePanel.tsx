import { NotebookPen, Plus } from 'lucide-react'
import { Link } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useNotebooks } from '../../api/queries.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { lately } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { useCountsOnly } from '../notebook/CountsOnly.js'
import { useTour } from '../notebook/tour/tour.js'
import { blank, example, useCreateNotebook } from '../notebook/useCreateNotebook.js'

const most = 6

export function ContinuePanel({ study }: { study: StudyView }) {
  const now = useNow()
  const list = useNotebooks(study.id)
  const tour = useTour(study.id)
  const { create, busy } = useCreateNotebook(study.id)
  const counts = useCountsOnly()
  const notebooks = (list.data?.notebooks ?? []).toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)).slice(0, most)
  return (
    <Panel
      title="Continue"
      actions={
        notebooks.length > 0 && (
          <Link to={paths.notebooks} className="small">
            All notebooks
          </Link>
        )
      }
    >
      {list.data === undefined ? (
        list.error ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : notebooks.length === 0 ? (
        <Empty
          icon={NotebookPen}
          title="Start with a question"
          actions={
            <>
              <Button look="primary" icon={Plus} onPress={() => create(blank(counts))} isDisabled={busy}>
                New notebook
              </Button>
              <Button look="quiet" onPress={() => create(example(counts))} isDisabled={busy}>
                Open the example
              </Button>
              <Button look="quiet" onPress={tour.begin} isDisabled={tour.busy}>
                Take the tour
              </Button>
            </>
          }
        >
          A notebook holds SQL, charts and text. Each result says how many people, from which snapshot, under which rules.
        </Empty>
      ) : (
        <ul>
          {notebooks.map((notebook) => (
            <li key={notebook.id}>
              <Link to={paths.notebook(notebook.id)} className="continue-row">
                <Icon of={NotebookPen} className="ink-3" />
                <span className="grow cut medium">{notebook.title}</span>
                <span className="small ink-3 num">v{notebook.version}</span>
                <span className="small ink-3 num continue-when">{lately(notebook.updatedAt, now)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
