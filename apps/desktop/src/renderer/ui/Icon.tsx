import type { LucideIcon } from 'lucide-react'

export type { LucideIcon }

const strokes = { 12: 2.1, 14: 1.9, 16: 1.75, 18: 1.7, 20: 1.6 } as const

/** Always beside a word or inside a labelled control, hence hidden from screen readers. */
export function Icon({ of: Drawing, size = 14, className }: { of: LucideIcon; size?: keyof typeof strokes; className?: string }) {
  return <Drawing size={size} strokeWidth={strokes[size]} className={className ? `icon ${className}` : 'icon'} aria-hidden />
}
