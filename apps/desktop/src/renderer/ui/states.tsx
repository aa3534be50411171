import type { ReactNode } from 'react'
import { CircleAlert, Lock, Search, WifiOff } from 'lucide-react'
import { explain } from '../api/failure.js'
import { Button } from './Button.js'
import { Icon, type LucideIcon } from './Icon.js'

/** Nothing here yet: says what belongs here and offers the first step. */
export function Empty({ icon, title, children, actions }: { icon: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode }) {
  if (!children && !actions) {
    return (
      <p className="state-line ink-2">
        <Icon of={icon} className="ink-3" />
        {title}
      </p>
    )
  }
  return (
    <div className="state">
      <span className="state-icon">
        <Icon of={icon} size={18} />
      </span>
      <p className="panel-title">{title}</p>
      {children && <p className="state-text">{children}</p>}
      {actions && <div className="row">{actions}</div>}
    </div>
  )
}

/** What happened, why, what next. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const told = explain(error)
  const icon = told.tone === 'denied' ? Lock : told.tone === 'idle' ? (told.what.startsWith('The server') ? WifiOff : Search) : CircleAlert
  return (
    <div className="state" role="alert">
      <span className={`state-icon ${told.tone}`}>
        <Icon of={icon} size={18} />
      </span>
      <p className="panel-title">{told.what}</p>
      {told.why && <p className="state-text">{told.why}</p>}
      {told.retry && retry && <Button onPress={retry}>Try again</Button>}
      {told.reference && <p className="sub mono">{told.reference}</p>}
    </div>
  )
}

export function SkeletonRows({ rows = 4 }: { rows?: number }) {
  return (
    <div className="skeleton-rows" role="group" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} className="row skeleton-row">
          <span className="skeleton" style={{ width: 70 + ((at * 37) % 50) }} />
          <span className="skeleton" style={{ width: 50 + ((at * 53) % 70) }} />
          <span className="skeleton end" style={{ width: 34 + ((at * 29) % 24) }} />
        </div>
      ))}
    </div>
  )
}
