import { X } from 'lucide-react'
import { useMemo } from 'react'
import { CopyButton } from '../../../ui/CopyButton.js'
import { IconButton } from '../../../ui/Button.js'
import { count } from '../../../ui/format.js'
import { suppressionWord, type Result } from '../result.js'
import { profileOf, type Profile } from './profile.js'

export type Looking = { what: 'value'; row: number; column: number } | { what: 'profile'; column: number }

/** Beneath the grid: one value in full, or what a column holds. */
export function GridPanel({ result, looking, onClose }: { result: Result; looking: Looking; onClose(): void }) {
  const column = result.columns[looking.column]
  if (column === undefined) return null
  const title = looking.what === 'value' ? column.name : `Profile of ${column.name}`
  return (
    <section className="grid-panel" aria-label={title} aria-live="polite">
      <header className="row">
        <b className="mono cut">{title}</b>
        {looking.what === 'value' && <span className="sub">{column.kind}</span>}
        <span className="row end">
          {looking.what === 'value' && <CopyButton text={valueText(result, looking.row, looking.column)} />}
          <IconButton label="Close" icon={X} size={14} onPress={onClose} />
        </span>
      </header>
      {looking.what === 'value' ? (
        <pre tabIndex={0}>{valueText(result, looking.row, looking.column)}</pre>
      ) : (
        <ProfileView result={result} column={looking.column} />
      )}
    </section>
  )
}

function valueText(result: Result, row: number, column: number): string {
  const how = result.suppressed?.(row, column)
  if (how) return suppressionWord(how)
  const text = result.columns[column]?.text(row) ?? null
  if (text === null) return '∅'
  if (result.columns[column]?.kind !== 'nested') return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function ProfileView({ result, column }: { result: Result; column: number }) {
  const profile = useMemo(() => profileOf(result, column), [result, column])
  const share = (n: number) => (profile.rows === 0 ? '' : ` (${((100 * n) / profile.rows).toFixed(1)} %)`)
  const facts: [string, string][] = [
    ['rows', count(profile.rows)],
    ['null', `${count(profile.missing)}${share(profile.missing)}`],
    ['distinct', `${profile.distinctCut ? 'more than ' : ''}${count(profile.distinct)}`],
    ...(profile.suppressed > 0 ? [['suppressed', count(profile.suppressed)] as [string, string]] : []),
    ...figures(profile),
  ]
  return (
    <div className="profile">
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
      {profile.bins.length > 0 && <Bins bins={profile.bins} />}
      <ol className="profile-top" aria-label="Most frequent values">
        {profile.top.map(({ text, n }) => (
          <li key={text} className="row">
            <span className="cut grow">{text === '' ? "''" : text}</span>
            <span className="num ink-2">
              {count(n)}
              {share(n)}
            </span>
          </li>
        ))}
      </ol>
      {result.basis.truncated && <p className="sub">Of the {count(result.rows)} rows that were fetched.</p>}
    </div>
  )
}

function figures({ figures: found }: Profile): [string, string][] {
  if (found === null) return []
  const { min, q1, median, q3, max, mean } = found
  return [
    ['least', min],
    ['quartiles', `${q1}, ${median}, ${q3}`],
    ['largest', max],
    ...(mean === null ? [] : [['mean', String(Number(mean.toPrecision(6)))] as [string, string]]),
  ]
}

function Bins({ bins }: { bins: number[] }) {
  const most = Math.max(...bins)
  return (
    <svg className="profile-bins" viewBox={`0 0 ${bins.length * 8} 48`} aria-hidden>
      {bins.map((n, at) => {
        const high = n === 0 ? 0 : Math.max(1, (46 * n) / most)
        return <rect key={at} x={at * 8} y={48 - high} width={7} height={high} fill="var(--accent-line)" />
      })}
    </svg>
  )
}
