import './tour.css'
import { ChartNoAxesColumn, CircleCheck, Play, Table2, Waypoints, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Button, IconButton } from '../../../ui/Button.js'
import { Icon, type LucideIcon } from '../../../ui/Icon.js'
import { tablePanel, type Hand } from '../dock/bench.js'
import { useBench, useHand } from '../dock/BenchProvider.js'
import { useCountsOnly } from '../CountsOnly.js'
import { decadeChart } from '../example.js'
import { cardId } from '../useNotebook.js'
import { endTour, tourCell, tourTitle, useIsOnTour } from './tour.js'

/** A card beside the work, never over it: each step is done on the real thing, and the last is a chart. */
export function Tour() {
  const hand = useHand()
  const isOn = useIsOnTour()
  if (!isOn || hand?.notebook.page.title !== tourTitle) return null
  return <Steps hand={hand} close={endTour} />
}

interface Step {
  icon: LucideIcon
  title: string
  text: ReactNode
  /** What the step is done by; without it, by reading. */
  act?: { label: string; run(): void }
  done: boolean
}

function Steps({ hand, close }: { hand: Hand; close(): void }) {
  const steps = useSteps(hand)
  const [read, setRead] = useState(0)
  const at = steps.findIndex((step, index) => (step.act === undefined ? index >= read : !step.done))
  const step = steps[at < 0 ? steps.length - 1 : at]!
  const last = at < 0 || at === steps.length - 1
  return (
    <aside className="tour" aria-label="Tour">
      <header className="row">
        <span className="sub num">
          {(at < 0 ? steps.length - 1 : at) + 1} of {steps.length}
        </span>
        <IconButton label="End the tour" icon={X} size={14} className="end" onPress={close} />
      </header>
      <div role="status">
        <h2 className="row panel-title">
          <Icon of={step.icon} className="mark-accent" />
          {step.title}
        </h2>
        <p className="ink-2">{step.text}</p>
      </div>
      <div className="row tour-actions">
        {step.act && !step.done && (
          <Button look="primary" onPress={step.act.run}>
            {step.act.label}
          </Button>
        )}
        {step.act === undefined && !last && (
          <Button look="primary" onPress={() => setRead(at + 1)}>
            Next
          </Button>
        )}
        {last && (
          <Button look="primary" onPress={close}>
            Done
          </Button>
        )}
      </div>
    </aside>
  )
}

function useSteps({ notebook, actions }: Hand): Step[] {
  const bench = useBench()
  const counts = useCountsOnly()
  const { cells } = notebook.page
  const at = cells.findIndex((cell) => cell.name === tourCell)
  const cell = cells[at]
  const run = cell === undefined ? undefined : notebook.runs[cell.id]
  const chart = cells.find((each) => each.kind === 'chart')
  const draw = () => {
    const made = actions.add('chart', at + 1, { name: `${tourCell}_chart`, chart: decadeChart(counts) })
    // After React has drawn it.
    setTimeout(() => {
      document.getElementById(cardId(made))?.scrollIntoView({ block: 'center' })
      actions.focusCard(made)
    }, 80)
  }
  return [
    {
      icon: Play,
      title: 'Ask a question',
      text: 'This cell counts people by decade of birth. Ctrl+Enter runs the cell you are in.',
      act: { label: 'Run it', run: () => cell && actions.run(cell.id) },
      done: run?.result !== null && run?.result !== undefined,
    },
    {
      icon: Waypoints,
      title: 'Read what it rests on',
      text: 'Under the rows stand snapshot, consent epoch and masking policy, and they go with every export. Lineage shows the way back to consent.',
      done: false,
    },
    {
      icon: Table2,
      title: 'Know the columns',
      text: (
        <>
          The side bar lists what can be asked; a click writes a name into the cell.{' '}
          <button type="button" className="link" onClick={() => bench.show(tablePanel('patients'), 'right')}>
            Open patients beside it
          </button>{' '}
          to see {counts ? '' : 'how full each column is and '}what masking left.
        </>
      ),
      done: false,
    },
    {
      icon: ChartNoAxesColumn,
      title: 'Draw it',
      text: 'A chart is a cell of its own on a named result.',
      act: { label: 'Add the chart', run: draw },
      done: chart !== undefined,
    },
    {
      icon: CircleCheck,
      title: 'Your first chart',
      text: 'PNG, SVG and CSV stand in its head: each file says what its numbers rest on. Ctrl+Shift+P finds everything else.',
      done: false,
    },
  ]
}
