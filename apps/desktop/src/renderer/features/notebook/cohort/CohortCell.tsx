import './cohort.css'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Save, SquareTerminal, Users } from 'lucide-react'
import { useEffect, useState } from 'react'
import { toast } from 'sonner'
import { cohortCount, cohortView, type CohortCount, type CohortCriterion, type NotebookCohort } from '@aquifer/core/contract'
import { getsCountsOnly, mayChangeCohorts } from '../../../api/roles.js'
import { useApi, useMe, useSession, useSessionState } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { moment } from '../../../ui/format.js'
import { Empty, Failure, SkeletonRows } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { CellFrame, CellMenu } from '../cells/CellFrame.js'
import { CellName } from '../cells/CellName.js'
import type { Cell } from '../model.js'
import { useNotebook } from '../useNotebook.js'
import { criterionOf, newLeaf, ruleOf, unfinished } from './criteria.js'
import { Funnel } from './Funnel.js'
import { RuleRow } from './RuleRow.js'

const quietMs = 400

export function CohortCell({ cell, at }: { cell: Cell; at: number }) {
  const { actions } = useNotebook()
  const me = useMe()
  // The SQL of a cohort lists people.
  const counts = getsCountsOnly(me)
  const held = cell.cohort ?? { criteria: { all: [] } }
  const asked = useCount(held)
  const answer = asked.data
  return (
    <CellFrame cell={cell} at={at} label={`Cohort cell ${cell.name}`}>
      <header className="cell-head">
        <CellName cell={cell} />
        <Tag>Cohort</Tag>
        {answer && (
          <span className="cohort-count" aria-live="polite">
            <b className="num">{typeof answer.people === 'number' ? answer.people.toLocaleString('en-US') : answer.people}</b> people
          </span>
        )}
        {held.saved && <Tag tone="ok">{`cohort_${held.saved} v${held.version ?? 1}`}</Tag>}
        <span className="row end" style={{ gap: 2 }}>
          {answer && !counts && (
            <Button
              look="quiet"
              icon={SquareTerminal}
              onPress={() => void actions.add('sql', at + 1, { name: cell.name + '_people', source: answer.sql })}
            >
              As SQL
            </Button>
          )}
          {mayChangeCohorts(me) && <SaveCohort cell={cell} held={held} />}
          <CellMenu cell={cell} at={at} />
        </span>
      </header>
      <Rules held={held} names={answer?.names ?? []} onChange={(all) => actions.set(cell.id, { cohort: { ...held, criteria: { all } } })} />
      {held.criteria.all.length === 0 ? (
        <Empty icon={Users} title="Add the first rule">
          People who meet every rule are in. The count follows as you write.
        </Empty>
      ) : held.criteria.all.every(unfinished) ? (
        <Empty icon={Users} title="Name the codes of the rule">
          Write them, or pick them from the browser beside the field. The count follows.
        </Empty>
      ) : asked.error ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : answer === undefined ? (
        <SkeletonRows rows={3} />
      ) : (
        <Answer answer={answer} old={asked.isPlaceholderData || asked.isFetching} />
      )}
    </CellFrame>
  )
}

interface RulesProps {
  held: NotebookCohort
  names: CohortCount['names']
  onChange(all: CohortCriterion[]): void
}

function Rules({ held, names, onChange }: RulesProps) {
  const { all } = held.criteria
  const put = (at: number, next: CohortCriterion | null) =>
    onChange(all.flatMap((old, place) => (place !== at ? [old] : next === null ? [] : [next])))
  const add = () => onChange([...all, newLeaf('condition', new Date().toISOString().slice(0, 10))])
  return (
    <div className="rules">
      <ol>
        {all.map((criterion, at) => {
          const rule = ruleOf(criterion)
          if (rule === null)
            return (
              <li key={at} className="rule sub">
                A rule of several levels: change it as SQL.
              </li>
            )
          return (
            <RuleRow
              key={at}
              rule={rule}
              at={at}
              names={names}
              onChange={(next) => put(at, criterionOf(next))}
              onRemove={() => put(at, null)}
            />
          )
        })}
      </ol>
      <Button look="quiet" icon={Plus} onPress={add}>
        Rule
      </Button>
    </div>
  )
}

function Answer({ answer, old }: { answer: CohortCount; old: boolean }) {
  return (
    <div className="cell-result" data-old={old || undefined}>
      <Funnel answer={answer} />
      <footer className="result-footer">
        <span>
          {answer.cut === undefined ? 'snapshot' : `cut ${answer.cut}, data of`} {moment(answer.snapshot)}
        </span>
        <span>epoch {answer.consentEpoch}</span>
        <span className="cut">{answer.maskingPolicy}</span>
        {answer.rounded && <span>counts rounded</span>}
      </footer>
    </div>
  )
}

/** The count follows the form once it rests; a rule without codes waits. */
function useCount(held: NotebookCohort) {
  const api = useApi()
  const session = useSession()
  useSessionState()
  const { notebook, catalogue } = useNotebook()
  const { cut } = notebook.page
  const ready = held.criteria.all.filter((criterion) => !unfinished(criterion))
  const text = JSON.stringify(ready)
  const [rested, rest] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => rest(text), quietMs)
    return () => clearTimeout(timer)
  }, [text])
  return useQuery({
    queryKey: ['cohort-count', notebook.study, rested, catalogue?.snapshot, catalogue?.consentEpoch, cut],
    enabled: rested !== '[]',
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }) =>
      api.json('/query/api/v1/cohorts/count', cohortCount, {
        method: 'POST',
        body: {
          study: notebook.study,
          purpose: session.state().purpose,
          criteria: { all: JSON.parse(rested) as unknown },
          ...(cut === null ? {} : { cut }),
        },
        signal,
      }),
  })
}

function SaveCohort({ cell, held }: { cell: Cell; held: NotebookCohort }) {
  const api = useApi()
  const queries = useQueryClient()
  const { notebook, actions } = useNotebook()
  const save = async () => {
    const { study } = notebook
    const body = { study, title: cell.name.replaceAll('_', ' '), criteria: held.criteria }
    const path = '/query/api/v1/cohorts'
    const saved = held.saved
      ? await api.json(`${path}/${held.saved}`, cohortView, { method: 'PUT', body: { ...body, version: held.version ?? 1 } })
      : await api.json(path, cohortView, { method: 'POST', body: { ...body, name: cell.name } })
    actions.set(cell.id, { cohort: { ...held, saved: saved.name, version: saved.version } })
    toast.success(`Saved ${saved.table}, version ${saved.version}`, { description: 'Statements read it under this name.' })
    await queries.invalidateQueries({ queryKey: ['cohorts', study] })
  }
  return (
    <Button
      look="quiet"
      icon={Save}
      isDisabled={held.criteria.all.length === 0 || held.criteria.all.some(unfinished)}
      onPress={() => void save().catch((error: unknown) => tellFailure('The cohort was not saved', error))}
    >
      Save
    </Button>
  )
}
