import type { ReactNode } from 'react'
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleSlash,
  ClockAlert,
  Droplet,
  Eye,
  Hourglass,
  LoaderCircle,
  Lock,
  OctagonX,
  PauseCircle,
  ShieldX,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react'
import { Icon } from './Icon.js'

type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle' | 'masked' | 'identified'

/** One look per meaning, everywhere: icon, word and colour together. */
const kinds = {
  active: { icon: CircleCheck, tone: 'ok' },
  fresh: { icon: CircleCheck, tone: 'ok' },
  stale: { icon: ClockAlert, tone: 'warn' },
  check: { icon: TriangleAlert, tone: 'warn' },
  behind: { icon: ClockAlert, tone: 'warn' },
  withdrawn: { icon: Ban, tone: 'bad' },
  refused: { icon: ShieldX, tone: 'bad' },
  failed: { icon: OctagonX, tone: 'bad' },
  running: { icon: LoaderCircle, tone: 'info' },
  missing: { icon: CircleDashed, tone: 'idle' },
  proposed: { icon: CircleDashed, tone: 'info' },
  suspended: { icon: PauseCircle, tone: 'warn' },
  declined: { icon: CircleSlash, tone: 'idle' },
  revoked: { icon: Ban, tone: 'idle' },
  expired: { icon: Hourglass, tone: 'idle' },
  idle: { icon: CircleDashed, tone: 'idle' },
  masked: { icon: Droplet, tone: 'masked' },
  identified: { icon: Eye, tone: 'identified' },
  denied: { icon: Lock, tone: 'identified' },
} as const satisfies Record<string, { icon: LucideIcon; tone: Tone }>

export type BadgeKind = keyof typeof kinds

export const badgeIcon = (kind: BadgeKind): LucideIcon => kinds[kind].icon

export function Badge({ kind, children }: { kind: BadgeKind; children: ReactNode }) {
  const { icon, tone } = kinds[kind]
  return (
    <span className={`badge ${tone}`}>
      <Icon of={icon} size={12} className={kind === 'running' ? 'turning' : undefined} />
      {children}
    </span>
  )
}

/** A number or a word that is not a status. */
export function Tag({ children, tone }: { children: ReactNode; tone?: Tone }) {
  return <span className={tone ? `badge plain ${tone}` : 'badge plain'}>{children}</span>
}
