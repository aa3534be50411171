import { ClockAlert, Hourglass, LoaderCircle, OctagonX, RefreshCw, Square, TriangleAlert, Waypoints } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { statementRowsMax } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { count, moment, plural, span } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import type { Result } from '../result.js'
import type { RunState } from '../run.js'

/** People and rows, time, snapshot, epoch, policy, and the way back to consent: always in this order and place. */
export function ResultFooter({
  result,
  lineage,
  onLineage,
  onAll,
  note,
}: {
  result: Pick<Result, 'basis' | 'suppressedCount'>
  lineage?: boolean
  onLineage?(): void
  /** Without it a result that was cut stays so. */
  onAll?: (() => void) | undefined
  note?: ReactNode
}) {
  const { basis } = result
  return (
    <footer className="result-footer">
      <span className="result-people">
        {basis.people !== null && (
          <>
            <b>{count(basis.people)}</b> {basis.people === 1 ? 'person' : 'people'}
            <span className="result-rows">, {rowWords(result)}</span>
          </>
        )}
        {basis.people === null && <b className="result-only">{rowWords(result)}</b>}
      </span>
      <span className="result-time">{span(basis.elapsedMs)}</span>
      {basis.cut === undefined ? (
        <span>snapshot {moment(basis.snapshot)}</span>
      ) : (
        <span>
          cut <b>{basis.cut}</b>, data of {moment(basis.snapshot)}
        </span>
      )}
      <span>
        epoch {basis.consentEpoch}
        {basis.consentState === 'updating' && ', updating'}
      </span>
      <span className="cut">{basis.maskingPolicy}</span>
      {(basis.leftOut ?? []).map(({ file, rows }) => (
        <span key={file} title="Their patient_key is of nobody who has rows here: withdrawn, erased, of another key, or unknown.">
          {rows} rows of {file} left out
        </span>
      ))}
      {note}
      {(result.suppressedCount ?? 0) > 0 && (
        <span>
          <span className="hatch hatch-key" aria-hidden /> {result.suppressedCount} suppressed
        </span>
      )}
      <span className="result-end">
        {basis.truncated && onAll && basis.rows < statementRowsMax && (
          <Button look="quiet" onPress={onAll}>
            Fetch {basis.totalRows === null ? 'more' : `all ${count(Math.min(basis.totalRows, statementRowsMax))}`}
          </Button>
        )}
        {onLineage && (
          <Button look="quiet" icon={Waypoints} className="lineage-button" aria-pressed={lineage} onPress={onLineage}>
            Lineage
          </Button>
        )}
      </span>
    </footer>
  )
}

const rowWords = ({ basis }: Pick<Result, 'basis'>) =>
  basis.truncated ? `${count(basis.rows)} of ${basis.totalRows === null ? 'more' : count(basis.totalRows)} rows` : plural(basis.rows, 'row')

export function StaleBar({ cause, onRun }: { cause: string; onRun(): void }) {
  return (
    <div className="notice warn" role="status">
      <Icon of={ClockAlert} />
      <span className="grow">{cause}</span>
      <Button icon={RefreshCw} onPress={onRun}>
        Run again
      </Button>
    </div>
  )
}

export function RunningBar({
  run,
  onStop,
}: {
  run: Pick<RunState, 'phase' | 'startedAt' | 'progress' | 'place' | 'isAway'>
  onStop?(): void
}) {
  const elapsed = useElapsed(run.startedAt)
  const share = run.progress
  // Most statements end before the eye could read this.
  if (elapsed < 300) return null
  return (
    <>
      <div
        className="running-line"
        role="progressbar"
        aria-label="Running"
        aria-valuenow={share === null ? undefined : Math.round(share * 100)}
      >
        <i style={share === null ? undefined : { width: `${share * 100}%` }} data-unknown={share === null || undefined} />
      </div>
      <div className="running-words">
        <Icon of={LoaderCircle} className="turning mark-info" />
        <span className="num">
          {run.phase === 'queued' ? waiting(run.place, elapsed) : span(elapsed)}
          {run.isAway ? ', no answer at the moment: asking again' : share !== null && `, ${Math.round(share * 100)} %`}
        </span>
        {onStop && (
          <Button icon={Square} className="end" onPress={onStop}>
            Stop
          </Button>
        )}
      </div>
    </>
  )
}

const waiting = (place: number | undefined, elapsed: number) =>
  `Waiting for its turn${place === undefined ? '' : place <= 1 ? ', next' : `, ${place - 1} before it`}, ${span(elapsed)}`

function useElapsed(from: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [from])
  return Math.max(0, now - from)
}

interface FaultProps {
  run: Pick<RunState, 'problem'> & Partial<Pick<RunState, 'result'>>
  onSuggestion(name: string): void
  /** Offered where the text is not what failed. */
  onAgain?(): void
}

export function RunFault({ run, onSuggestion, onAgain }: FaultProps) {
  const { problem } = run
  if (problem === null) return null
  return (
    <div className="run-fault" role="alert">
      <p className="row strong">
        <Icon of={OctagonX} className="mark-bad" />
        {problem.what}
      </p>
      {problem.why && <p>{problem.why}</p>}
      {problem.suggestion && (
        <p className="row">
          Did you mean
          {problem.suggestion.split(/,\s*/).map((name) => (
            <Button key={name} className="mono" onPress={() => onSuggestion(name)}>
              {name}
            </Button>
          ))}
        </p>
      )}
      {problem.again && onAgain && (
        <p className="row">
          <Button icon={RefreshCw} onPress={onAgain}>
            Run again
          </Button>
          {run.result && 'The rows below are of the run before.'}
        </p>
      )}
      {problem.reference && <p className="sub mono">{problem.reference}</p>}
    </div>
  )
}

/** A result has its time on the server; the text that makes it again is here. */
export function Gone({ onRun }: { onRun(): void }) {
  return (
    <div className="notice idle" role="status">
      <Icon of={Hourglass} />
      <span className="grow">The rows of the last run are not kept any more.</span>
      <Button icon={RefreshCw} onPress={onRun}>
        Run again
      </Button>
    </div>
  )
}

export function Stopped({ run, onRun }: { run: RunState; onRun(): void }) {
  return (
    <div className="notice idle" role="status">
      <Icon of={TriangleAlert} />
      <span className="grow">
        {run.problem?.what ?? 'Stopped'} after {span(run.elapsedMs)}.{' '}
        {run.result ? 'The rows below are of the run before.' : 'No rows were kept.'}
      </span>
      <Button icon={RefreshCw} onPress={onRun}>
        Run again
      </Button>
    </div>
  )
}
