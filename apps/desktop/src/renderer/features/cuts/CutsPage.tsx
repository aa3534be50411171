import './cuts.css'
import { Database, Plus, Snowflake } from 'lucide-react'
import { useState } from 'react'
import type { CutView } from '@aquifer/core/contract'
import { useCuts } from '../../api/cut-queries.js'
import { mayMakeCuts } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { count, moment } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { CutDrawer } from './CutDrawer.js'
import { CutState } from './CutState.js'
import { MakeDialog } from './dialogs.js'

export default function CutsPage() {
  const study = useStudy()
  return (
    <div className="page cuts">
      <header>
        <h1>Data cuts</h1>
        <p className="ink-2">
          The study’s masked rows as they stood at one moment: named, signed, frozen, and cited by every result that was made on them.
        </p>
      </header>
      {study === undefined ? (
        <section className="panel">
          <Empty icon={Database} title="You belong to no study yet">
            An administrator adds you to one; it appears here at your next sign-in.
          </Empty>
        </section>
      ) : (
        <Cuts key={study.id} study={study.id} />
      )}
    </div>
  )
}

function Cuts({ study }: { study: string }) {
  const me = useMe()
  const list = useCuts(study)
  const [name, open] = useState<string | null>(null)
  const [makes, make] = useState(false)
  const cuts = list.data?.cuts
  const shown = cuts?.find((cut) => cut.name === name)
  const button = mayMakeCuts(me) && (
    <Button icon={Plus} look="primary" onPress={() => make(true)}>
      Make a data cut
    </Button>
  )
  return (
    <Panel title="In this study" note={cuts && <Tag>{count(cuts.length)}</Tag>} actions={button}>
      {cuts === undefined ? (
        list.error ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : (
          <SkeletonRows rows={4} />
        )
      ) : cuts.length === 0 ? (
        <Empty icon={Snowflake} title="No data cut yet">
          Before an analysis a study manager freezes the data under a name; notebooks then choose it instead of the living data.
        </Empty>
      ) : (
        <div className="cuts-list" data-open={shown !== undefined || undefined}>
          <Rows cuts={cuts} shown={name} open={open} />
          {shown && <CutDrawer key={shown.name} cut={shown} onClose={() => open(null)} />}
        </div>
      )}
      {makes && <MakeDialog study={study} onClose={() => make(false)} onMade={open} />}
    </Panel>
  )
}

function Rows({ cuts, shown, open }: { cuts: readonly CutView[]; shown: string | null; open(name: string): void }) {
  return (
    <div className="cuts-rows">
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th>Data of</th>
            <th className="n">People</th>
            <th className="n">Resources</th>
            <th>Made by</th>
            <th>Since then</th>
          </tr>
        </thead>
        <tbody>
          {cuts.map((cut) => (
            <tr key={cut.name} className="cuts-row" data-selected={cut.name === shown || undefined} onClick={() => open(cut.name)}>
              <td>
                <button type="button" className="cuts-open medium" aria-label={`Open ${cut.name}`}>
                  {cut.name}
                </button>
              </td>
              <td>
                <CutState cut={cut} />
              </td>
              <td className="num">{moment(cut.snapshot)}</td>
              <td className="n">{count(cut.people)}</td>
              <td className="n">{count(cut.resources)}</td>
              <td className="ink-2">{cut.by}</td>
              <td className="ink-2">{sinceWords(cut)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function sinceWords({ removals }: CutView): string {
  if (removals.length === 0) return 'unchanged'
  return `${count(removals.length)} withdrawn, ${count(removals.reduce((sum, { rows }) => sum + rows, 0))} rows out`
}
