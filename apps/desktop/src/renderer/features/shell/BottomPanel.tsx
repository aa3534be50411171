import { ChevronDown, ChevronUp, X } from 'lucide-react'
import { useLayoutEffect, type KeyboardEvent, type PointerEvent } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { mayAsk, mayQuery } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { IconButton } from '../../ui/Button.js'
import { heights, highest, resizeBottom, toggleBottom, useBottom, type BottomPart } from './bottom.js'
import { HistoryPart } from './bottom/HistoryPart.js'
import { JobsPart } from './bottom/JobsPart.js'
import { ProblemsPart, useProblems } from './bottom/ProblemsPart.js'
import { SavedPart } from './bottom/SavedPart.js'

const names: Record<BottomPart, string> = { history: 'History', saved: 'Saved queries', jobs: 'Jobs', problems: 'Problems' }

/** What ran, what runs, what went wrong: under every page. */
export default function BottomPanel() {
  const { part, height } = useBottom()
  useRoomBelow(height)
  const me = useMe()
  const study = useStudy()
  const problems = useProblems()
  const parts: BottomPart[] = [
    ...(mayAsk(me) ? (['history'] as const) : []),
    ...(mayQuery(me) ? (['saved'] as const) : []),
    'jobs',
    'problems',
  ]
  const open = parts.find((each) => each === part) ?? parts[0]!
  return (
    <section className="bottom" aria-label="History, jobs and problems" style={{ flexBasis: height }}>
      <Edge height={height} />
      <Tabs className="bottom-tabs" selectedKey={open} onSelectionChange={(key) => toggleBottom(key as BottomPart)}>
        <header className="bottom-head">
          <TabList className="inspector-tab-list" aria-label="Bottom panel">
            {parts.map((each) => (
              <Tab key={each} id={each}>
                {names[each]}
                {each === 'problems' && problems.length > 0 && <span className="tab-count num">{problems.length}</span>}
              </Tab>
            ))}
          </TabList>
          <span className="row end" style={{ gap: 2 }}>
            <IconButton
              label={height > heights.usual ? 'Make the panel as high as usual' : 'Make the panel high'}
              icon={height > heights.usual ? ChevronDown : ChevronUp}
              onPress={() => resizeBottom(height > heights.usual ? heights.usual : highest())}
            />
            <IconButton label="Hide the bottom panel" icon={X} onPress={() => toggleBottom()} />
          </span>
        </header>
        {parts.map((each) => (
          <TabPanel key={each} id={each} className="bottom-part">
            {study === undefined ? (
              <p className="side-none sub">You belong to no study yet.</p>
            ) : each === 'history' ? (
              <HistoryPart study={study.id} />
            ) : each === 'saved' ? (
              <SavedPart study={study.id} />
            ) : each === 'jobs' ? (
              <JobsPart study={study.id} />
            ) : (
              <ProblemsPart problems={problems} />
            )}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  )
}

/** What is told for a moment lies above the panel, not on its rows. */
function useRoomBelow(height: number) {
  useLayoutEffect(() => {
    const { style } = document.documentElement
    style.setProperty('--bottom-panel', `min(${height}px, 75vh)`)
    return () => void style.removeProperty('--bottom-panel')
  }, [height])
}

/** Dragged, or moved by the arrows; the button beside the tabs does the same in one step. */
function Edge({ height }: { height: number }) {
  const keys: Record<string, number> = {
    ArrowUp: height + heights.step,
    ArrowDown: height - heights.step,
    PageUp: height + heights.page,
    PageDown: height - heights.page,
    Home: heights.least,
    End: highest(),
  }
  const onKey = (event: KeyboardEvent) => {
    const wanted = keys[event.key]
    if (wanted === undefined) return
    event.preventDefault()
    resizeBottom(wanted)
  }
  const onPointer = (event: PointerEvent<HTMLElement>) => {
    const edge = event.currentTarget
    edge.setPointerCapture(event.pointerId)
    const from = height + event.clientY
    const move = ({ clientY }: globalThis.PointerEvent) => resizeBottom(from - clientY)
    edge.addEventListener('pointermove', move)
    edge.addEventListener('lostpointercapture', () => edge.removeEventListener('pointermove', move), { once: true })
  }
  return (
    <div
      className="bottom-edge"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the panel"
      aria-valuenow={height}
      aria-valuemin={heights.least}
      aria-valuemax={highest()}
      tabIndex={0}
      onKeyDown={onKey}
      onPointerDown={onPointer}
      onDoubleClick={() => resizeBottom(heights.usual)}
    />
  )
}
