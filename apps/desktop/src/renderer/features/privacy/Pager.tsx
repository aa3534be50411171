import type { RefObject } from 'react'
import { Button } from '../../ui/Button.js'

/** Back and forth in a list; the list takes the focus, since the button that was pressed may be spent. */
export function Pager({
  words,
  page,
  next,
  list,
  turn,
}: {
  words: string
  page: number
  next: number | null
  list: RefObject<HTMLElement | null>
  turn(page: number): void
}) {
  const go = (to: number) => {
    turn(to)
    list.current?.focus()
    list.current?.scrollTo(0, 0)
  }
  return (
    <div className="row pager">
      <span className="sub num" role="status">
        {words}
      </span>
      <Button look="quiet" isDisabled={page === 1} onPress={() => go(page - 1)}>
        Previous page
      </Button>
      <Button look="quiet" isDisabled={next === null} onPress={() => next !== null && go(next)}>
        Next page
      </Button>
    </div>
  )
}
