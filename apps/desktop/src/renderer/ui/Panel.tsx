import { useId, type ReactNode } from 'react'

/** One level of card: a panel holds rows, tables or charts, never another panel. */
export function Panel({
  title,
  note,
  actions,
  className,
  children,
}: {
  title: string
  note?: ReactNode
  actions?: ReactNode
  className?: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <section className={className ? `panel ${className}` : 'panel'} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id} className="panel-title">
          {title}
        </h2>
        {note}
        {actions && <span className="row end">{actions}</span>}
      </header>
      {children}
    </section>
  )
}
