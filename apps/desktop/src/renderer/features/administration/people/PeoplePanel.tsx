import { SearchX, Upload, UserPlus } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Invitation, PersonView } from '@aquifer/core/contract'
import { usePeople } from '../../../api/identity-queries.js'
import { mayManagePeople, roleChoices, roleWords } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { SearchField, Segments, Select } from '../../../ui/fields.js'
import { count, initials, lately } from '../../../ui/format.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { useCommands, type Command } from '../../shell/commands.js'
import { Places } from '../places.js'
import { AddPersonDialog } from './AddPersonDialog.js'
import { CodesDialog } from './CodesDialog.js'
import { PersonDetail } from './PersonDetail.js'
import { StaffListDialog } from './StaffListDialog.js'
import { names, standingBadge, standingOf, standings, type Standing } from './standing.js'

const shownAtFirst = 100

/** Who may come in, in which role, how far, and when he last did. */
export function PeoplePanel() {
  const people = usePeople()
  const may = mayManagePeople(useMe())
  const [asking, ask] = useState<'one' | 'list' | null>(null)
  const [codes, setCodes] = useState<Invitation[]>([])
  usePeopleCommands(may, ask)
  const told = (made: Invitation[]) => {
    ask(null)
    setCodes(made)
  }
  return (
    <Panel
      title="People"
      note={people.data && <span className="sub num">{count(people.data.length)}</span>}
      actions={
        may && (
          <>
            <Button icon={Upload} onPress={() => ask('list')}>
              Upload a staff list
            </Button>
            <Button look="primary" icon={UserPlus} onPress={() => ask('one')}>
              Add a person
            </Button>
          </>
        )
      }
    >
      <Loaded of={people} rows={10}>
        {(list) => <People people={list} told={told} />}
      </Loaded>
      {asking === 'one' && <AddPersonDialog told={told} onClose={() => ask(null)} />}
      {asking === 'list' && <StaffListDialog told={told} onClose={() => ask(null)} />}
      {codes.length > 0 && <CodesDialog codes={codes} onClose={() => setCodes([])} />}
    </Panel>
  )
}

function usePeopleCommands(may: boolean, ask: (what: 'one' | 'list') => void) {
  const commands = useMemo<Command[]>(
    () =>
      may
        ? [
            { id: 'add-person', group: 'Commands', name: 'Add a person', icon: UserPlus, run: () => ask('one') },
            { id: 'add-staff', group: 'Commands', name: 'Upload a staff list', icon: Upload, run: () => ask('list') },
          ]
        : [],
    [may, ask],
  )
  useCommands(commands)
}

function People({ people, told }: { people: PersonView[]; told(made: Invitation[]): void }) {
  const [text, setText] = useState('')
  const [role, setRole] = useState('')
  const [standing, setStanding] = useState<Standing | ''>('')
  const [most, setMost] = useState(shownAtFirst)
  const [open, setOpen] = useState<string | null>(null)
  const found = people.filter(
    (each) => names(each, text) && (role === '' || each.role === role) && (standing === '' || standingOf(each) === standing),
  )
  const chosen = people.find(({ user }) => user === open)
  const clear = () => {
    setText('')
    setRole('')
    setStanding('')
  }
  return (
    <>
      <div className="filters" role="search" aria-label="Find people">
        <span data-search>
          <SearchField label="Name, study, site" value={text} onChange={setText} />
        </span>
        <Select label="Role" value={role} choices={[{ id: '', label: 'Any' }, ...roleChoices]} onChange={setRole} />
        <Segments label="Standing" value={standing} choices={standings} onChange={setStanding} />
        <span className="sub num end" role="status">
          {found.length === people.length ? '' : `${count(found.length)} of ${count(people.length)}`}
        </span>
      </div>
      <div className="split" data-open={chosen !== undefined || undefined}>
        <div className="split-list">
          {found.length === 0 ? (
            <Empty icon={SearchX} title="Nobody fits" actions={<Button onPress={clear}>Show everybody</Button>} />
          ) : (
            <PeopleTable people={found.slice(0, most)} open={open} setOpen={setOpen} />
          )}
          {found.length > most && (
            <div className="list-more">
              <Button onPress={() => setMost(most + shownAtFirst)}>Show more</Button>
              <span className="sub">
                {count(most)} of {count(found.length)}
              </span>
            </div>
          )}
        </div>
        {chosen && <PersonDetail key={chosen.user} person={chosen} told={told} onClose={() => setOpen(null)} />}
      </div>
    </>
  )
}

function PeopleTable({ people, open, setOpen }: { people: PersonView[]; open: string | null; setOpen(user: string | null): void }) {
  const now = useNow()
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Person</th>
          <th>Role</th>
          <th>Reaches</th>
          <th>Standing</th>
          <th>Last sign-in</th>
        </tr>
      </thead>
      <tbody>
        {people.map((person) => {
          const { kind, words } = standingBadge(person)
          const isOpen = open === person.user
          return (
            <tr
              key={person.user}
              className="picked"
              data-selected={isOpen || undefined}
              onClick={() => setOpen(isOpen ? null : person.user)}
            >
              <td>
                <button type="button" className="pick" aria-expanded={isOpen}>
                  <span className="face" aria-hidden>
                    {initials(person.name)}
                  </span>
                  <span className="medium">{person.name}</span>
                  <span className="mono ink-3">{person.user}</span>
                </button>
              </td>
              <td>{roleWords(person.role)}</td>
              <td>
                <Places studies={person.studies} sites={person.sites} />
              </td>
              <td>
                <Badge kind={kind}>{words}</Badge>
              </td>
              <td className="ink-2 num">{person.signedInAt === null ? 'never' : lately(person.signedInAt, now)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
