import { BookOpenCheck, CircleCheck, CircleX, Eye, EyeOff, Undo2 } from 'lucide-react'
import { useRef, useState, type RefObject } from 'react'
import type { DisplayList, DisplayListState, DisplayView, StudyView } from '@aquifer/core/contract'
import { useDisplays } from '../../../api/held-queries.js'
import { Badge, Tag } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { Segments } from '../../../ui/fields.js'
import { count, day, plural } from '../../../ui/format.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { Pager } from '../Pager.js'
import { DecideDialog, type Decision } from './DecideDialog.js'
import { keyOf, namingOf, systemEnd } from './decisions.js'

const states: { id: DisplayListState; label: string }[] = [
  { id: 'pending', label: 'Waiting' },
  { id: 'approved', label: 'Approved' },
  { id: 'rejected', label: 'Rejected' },
]
const empties: Record<DisplayListState, { title: string; words: string }> = {
  pending: {
    title: 'No text waits for you',
    words: 'A text that fewer than 11 people share, or that names somebody, waits here for a decision.',
  },
  approved: {
    title: 'No text stands in masked data',
    words: 'Until one is approved or shared by enough people, codes stand without a text.',
  },
  rejected: { title: 'Nothing was rejected', words: 'A text that you reject stays out, however many people come to share it.' },
}

/** The study's dictionary of displays: texts beside codes, which enter masked data when enough people share them, or somebody decides. */
export function DisplaysPart({ study }: { study: StudyView }) {
  const [state, setState] = useState<DisplayListState>('pending')
  const [page, turn] = useState(1)
  const scroll = useRef<HTMLDivElement>(null)
  const displays = useDisplays(study.id, state, page)
  const show = (next: DisplayListState) => {
    setState(next)
    turn(1)
  }
  return (
    <Panel
      title="Displays"
      note={
        <>
          <Segments label="State" value={state} choices={states} onChange={show} />
          <Badge kind="identified">Identified</Badge>
          <span className="sub">as the source wrote them</span>
        </>
      }
    >
      <Loaded of={displays} rows={8}>
        {(list) =>
          list.displays.length === 0 && page === 1 ? (
            <Empty icon={BookOpenCheck} title={empties[list.state].title}>
              {empties[list.state].words}
            </Empty>
          ) : (
            <>
              <Displays key={`${list.state} ${page}`} list={list} scroll={scroll} />
              <div className="list-more">
                <Pager words={`Page ${page}, ${plural(list.total, 'text')}`} page={page} next={list.next} list={scroll} turn={turn} />
              </div>
            </>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Displays({ list, scroll }: { list: DisplayList; scroll: RefObject<HTMLDivElement | null> }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asked, ask] = useState<{ decision: Decision; displays: DisplayView[] } | null>(null)
  const [bare, uncover] = useState(false)
  const naming = namingOf(list.displays)
  const picked = list.displays.filter((each) => chosen.has(keyOf(each)))
  const all = picked.length === list.displays.length
  const toggle = (key: string) => {
    const next = new Set(chosen)
    if (!next.delete(key)) next.add(key)
    setChosen(next)
  }
  return (
    <>
      <div className="filters">
        <span className="sub num" role="status">
          {picked.length === 0 ? 'None chosen' : `${count(picked.length)} chosen`}
        </span>
        {list.state !== 'approved' && (
          <Button icon={CircleCheck} isDisabled={picked.length === 0} onPress={() => ask({ decision: 'approve', displays: picked })}>
            Approve
          </Button>
        )}
        {list.state !== 'rejected' && (
          <Button icon={CircleX} isDisabled={picked.length === 0} onPress={() => ask({ decision: 'reject', displays: picked })}>
            Reject
          </Button>
        )}
        {list.state !== 'pending' && (
          <Button
            look="quiet"
            icon={Undo2}
            isDisabled={!picked.some(({ decided }) => decided !== null)}
            onPress={() => ask({ decision: 'undo', displays: picked.filter(({ decided }) => decided !== null) })}
          >
            Take the decision back
          </Button>
        )}
        {naming.length > 0 && (
          <Button look="quiet" className="end" icon={bare ? EyeOff : Eye} aria-pressed={bare} onPress={() => uncover(!bare)}>
            {bare ? 'Cover' : 'Read'} {plural(naming.length, 'text')} with a name
          </Button>
        )}
      </div>
      <div ref={scroll} className="privacy-scroll" tabIndex={0} role="region" aria-label="Texts">
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="display-check">
                <input
                  type="checkbox"
                  aria-label="Choose all of this page"
                  checked={all}
                  onChange={() => setChosen(all ? new Set() : new Set(list.displays.map(keyOf)))}
                />
              </th>
              <th scope="col">Text</th>
              <th scope="col">Code</th>
              <th scope="col">System</th>
              <th scope="col" className="n">
                People
              </th>
              <th scope="col">{list.state === 'pending' ? 'Why it waits' : 'Decided'}</th>
            </tr>
          </thead>
          <tbody>
            {list.displays.map((each) => (
              <Row
                key={keyOf(each)}
                display={each}
                covered={!bare && naming.includes(each)}
                chosen={chosen.has(keyOf(each))}
                toggle={() => toggle(keyOf(each))}
              />
            ))}
          </tbody>
        </table>
      </div>
      {asked !== null && (
        <DecideDialog
          study={list.study}
          {...asked}
          onClose={() => ask(null)}
          done={() => {
            ask(null)
            setChosen(new Set())
          }}
        />
      )}
    </>
  )
}

/** A text that names somebody is read by who means to decide about it, and by nobody who only passes. */
function Row({ display, covered, chosen, toggle }: { display: DisplayView; covered: boolean; chosen: boolean; toggle(): void }) {
  const text = covered ? 'covered' : display.text
  return (
    <tr className="picked" data-selected={chosen || undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={covered ? `Choose the covered text of ${display.code}` : `Choose ${display.text}`}
          checked={chosen}
          onChange={toggle}
        />
      </td>
      <td className="cut display-text" title={covered ? undefined : display.text}>
        <span className={covered ? 'ink-3' : 'medium'}>{text}</span> {display.shown && <Badge kind="masked">shown</Badge>}
      </td>
      <td className="mono">{display.code}</td>
      <td className="cut display-text display-system ink-2" title={display.system}>
        {systemEnd(display.system)}
      </td>
      <td className="n" data-suppressed={typeof display.people === 'string' || undefined}>
        {typeof display.people === 'string' ? display.people : count(display.people)}
      </td>
      <td>
        {display.waits === 'names-somebody' ? (
          <Tag tone="bad">a word names somebody</Tag>
        ) : display.waits === 'too-few-people' ? (
          <Tag tone="warn">too few people</Tag>
        ) : (
          <span className="sub" title={display.decided?.reason}>
            {display.decided === null ? 'by itself' : `${day(display.decided.at)} by ${display.decided.by}`}
          </span>
        )}
      </td>
    </tr>
  )
}
