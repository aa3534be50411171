import type { ReactNode } from 'react'
import type { MaskingProgress } from '@aquifer/core/contract'
import { Icon, type LucideIcon } from '../../ui/Icon.js'

export type StandingTone = 'ok' | 'warn' | 'bad' | 'info' | 'idle'

/** How it stands, first thing on a part: what, why, the figures to it and what to do next. */
export function Standing({
  label,
  icon,
  tone,
  busy = false,
  what,
  why,
  facts,
  actions,
  children,
}: {
  label: string
  icon: LucideIcon
  tone: StandingTone
  busy?: boolean
  what: string
  why: ReactNode
  facts?: ReactNode
  actions?: ReactNode
  children?: ReactNode
}) {
  return (
    <section className="panel" aria-label={label}>
      <div className="standing">
        <span className={`standing-icon ${tone}`}>
          <Icon of={icon} size={20} className={busy ? 'turning' : undefined} />
        </span>
        <div className="standing-said" role="status">
          <p className="panel-title">{what}</p>
          <p className="ink-2">{why}</p>
        </div>
        {facts && <dl className="standing-facts">{facts}</dl>}
        {actions && <div className="row standing-acts">{actions}</div>}
      </div>
      {children}
    </section>
  )
}

export function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="sub">{name}</dt>
      <dd className="medium num">{value}</dd>
    </div>
  )
}

export function MaskingBar({ progress: { done, total } }: { progress: Pick<MaskingProgress, 'done' | 'total'> }) {
  const share = total === 0 ? 0 : Math.min(1, done / total)
  return (
    <div
      className="standing-bar"
      role="progressbar"
      aria-label="Masking anew"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <i style={{ width: `${share * 100}%` }} />
    </div>
  )
}
