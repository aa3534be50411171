import type { ReactNode } from 'react'
import { Icon, type LucideIcon } from '../../../ui/Icon.js'

/** One station of the way from a number back to consent. */
export function Step({
  icon,
  tone,
  title,
  figure,
  mono,
  children,
}: {
  icon: LucideIcon
  tone?: string
  title: string
  figure?: boolean
  mono?: boolean
  children: ReactNode
}) {
  return (
    <li className={tone ? `lineage-step ${tone}` : 'lineage-step'}>
      <span className="lineage-node">
        <Icon of={icon} />
      </span>
      <div className="grow">
        <p className={figure ? 'lineage-figure num' : mono ? 'strong mono' : 'strong'}>{title}</p>
        <div className="small ink-2">{children}</div>
      </div>
    </li>
  )
}
