import { History } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router'
import { useNotebooks } from '../../api/queries.js'
import { useStudy } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { lately, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { useNow } from '../../ui/use-now.js'
import { useDesk, useDeskState } from './DeskProvider.js'
import type { Unsaved } from './journal.js'

/** At the start: what was typed on this machine and never reached the server, of every notebook of the study that lies closed. */
export function RecoveryList() {
  const { desk, kept, ready } = useDesk()
  const open = useDeskState()
  const now = useNow()
  const navigate = useNavigate()
  const known = useNotebooks(useStudy()?.id).data?.notebooks ?? []
  const [unsaved, setUnsaved] = useState<Unsaved[]>([])
  useEffect(() => {
    let wanted = true
    const look = () => void ready.then(() => wanted && setUnsaved(desk.parts.journal.list()))
    look()
    const deaf = [kept.subscribe(look), desk.parts.presence?.subscribe(look)]
    return () => {
      wanted = false
      for (const stop of deaf) stop?.()
    }
  }, [desk, kept, ready, open])
  const shown = unsaved.filter(({ id }) => !open.has(id) && known.some((each) => each.id === id))
  if (shown.length === 0) return null
  const discard = (entry: Unsaved) => {
    desk.parts.journal.discard(entry)
    setUnsaved(desk.parts.journal.list())
  }
  return (
    <section className="panel recovery" aria-label="Edits that were kept here">
      <p className="row recovery-lead">
        <Icon of={History} className="mark-info" />
        Edits of {plural(shown.length, 'notebook')} were kept here and never reached the server.
      </p>
      <ul>
        {shown.map((entry) => (
          <li key={entry.key} className="row recovery-row">
            <span className="grow cut medium">{entry.title}</span>
            <span className="small ink-3 num">{lately(entry.at, now)}</span>
            <Button onPress={() => void navigate(paths.notebook(entry.id))}>Look at them</Button>
            <Button look="quiet" onPress={() => discard(entry)}>
              Discard
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
