import { useRef, useState } from 'react'
import { useHeldResources } from '../../../api/held-queries.js'
import { count as countWords, lately, plural } from '../../../ui/format.js'
import { Loaded } from '../../../ui/Loaded.js'
import { useNow } from '../../../ui/use-now.js'
import { Pager } from '../Pager.js'

/** What one cause holds, by masked id; asked for when it is opened, since each look is recorded. */
export function HeldIds({ study, cause, count }: { study: string; cause: string; count: number }) {
  const [open, setOpen] = useState(false)
  return (
    <details className="held-ids" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{plural(count, 'masked id')}</summary>
      {open && <Pages study={study} cause={cause} />}
    </details>
  )
}

function Pages({ study, cause }: { study: string; cause: string }) {
  const now = useNow()
  const [page, turn] = useState(1)
  const list = useRef<HTMLDivElement>(null)
  const held = useHeldResources(study, cause, page)
  return (
    <Loaded of={held} rows={3}>
      {({ resources, count, next }) => (
        <>
          <div ref={list} className="held-page" tabIndex={0} role="region" aria-label="Masked ids" aria-busy={held.isPlaceholderData}>
            <ul>
              {resources.map(({ id, version, since }, at) => (
                <li key={`${id} ${version} ${at}`} className="row small">
                  <span className="mono">{id ?? 'no id that could be read'}</span>
                  <span className="sub num">
                    version {version}
                    {since !== null && `, ${lately(since, now)}`}
                  </span>
                </li>
              ))}
            </ul>
          </div>
          {(next !== null || page > 1) && (
            <Pager
              words={`Page ${page}, ${countWords(resources.length)} of ${plural(count, 'masked id')}`}
              page={page}
              next={next}
              list={list}
              turn={turn}
            />
          )}
        </>
      )}
    </Loaded>
  )
}
