import type { ReactNode } from 'react'
import { Button as AriaButton, Tooltip, TooltipTrigger, type ButtonProps } from 'react-aria-components'
import { Icon, type LucideIcon } from './Icon.js'

type Look = 'default' | 'primary' | 'quiet' | 'danger'

interface Props extends Omit<ButtonProps, 'className' | 'style' | 'children'> {
  look?: Look
  size?: 'large'
  icon?: LucideIcon
  className?: string
  children?: ReactNode
}

const classes = (...names: (string | false | undefined)[]) => names.filter(Boolean).join(' ')

export function Button({ look = 'default', size, icon, className, children, ...rest }: Props) {
  return (
    <AriaButton {...rest} className={classes('button', look !== 'default' && look, size, className)}>
      {icon && <Icon of={icon} size={size === 'large' ? 16 : 14} />}
      {children}
    </AriaButton>
  )
}

interface IconProps extends Omit<Props, 'size'> {
  label: string
  icon: LucideIcon
  size?: 14 | 16
}

/** An icon without a word: the label is read out and shown on hover and focus. */
export function IconButton({ label, icon, size = 16, look = 'quiet', className, ...rest }: IconProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <AriaButton {...rest} aria-label={label} className={classes('button square', look !== 'default' && look, className)}>
        <Icon of={icon} size={size} />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  )
}
