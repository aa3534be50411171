import { createContext, useContext, useMemo, useState, type ReactNode } from 'react'
import { UserRound } from 'lucide-react'
import type { StudyView } from '@aquifer/core/contract'
import { usePersons, type Person } from '../../api/person-queries.js'
import { isPerson } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Select } from '../../ui/fields.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'

interface Chosen {
  person: string | null
  study: string | null
  choosePerson(id: string): void
  chooseStudy(id: string): void
}
const ChosenContext = createContext<Chosen | null>(null)

/** Whose data is on screen stays the same from page to page. */
export function PersonProvider({ children }: { children: ReactNode }) {
  const [person, choosePerson] = useState<string | null>(null)
  const [study, chooseStudy] = useState<string | null>(null)
  const chosen = useMemo(() => ({ person, study, choosePerson, chooseStudy }), [person, study])
  return <ChosenContext value={chosen}>{children}</ChosenContext>
}

export interface Subject {
  person: Person
  study: StudyView
  persons: Person[]
  /** he looks at his own data, and not at that of somebody he stands in for */
  own: boolean
}

/** A page about one person: its head with the choice of whom, and the states before there is anybody. */
export function PersonPage({
  title,
  lead,
  byStudy = false,
  children,
}: {
  title(subject: Subject): string
  lead?(subject: Subject): ReactNode
  byStudy?: boolean
  children(subject: Subject): ReactNode
}) {
  const { role } = useMe()
  const chosen = useContext(ChosenContext)
  const persons = usePersons(isPerson(role))
  if (persons.data === undefined) {
    return (
      <div className="page">
        <section className="panel">
          {persons.error ? <Failure error={persons.error} retry={() => void persons.refetch()} /> : <SkeletonRows rows={8} />}
        </section>
      </div>
    )
  }
  const person = persons.data.find(({ id }) => id === chosen?.person) ?? persons.data[0]
  const study = person?.studies.find(({ id }) => id === chosen?.study) ?? person?.studies[0]
  if (person === undefined || study === undefined) return <Nobody />
  const subject: Subject = { person, study, persons: persons.data, own: role === 'patient' }
  return (
    // A page of text alone has nothing else that the keyboard could scroll it by.
    <div className="page person-page" tabIndex={0}>
      <div className="person">
        <header className="person-head">
          <div className="grow">
            <h1>{title(subject)}</h1>
            {lead && <p className="ink-2">{lead(subject)}</p>}
          </div>
          {subject.persons.length > 1 && (
            <Select
              label="Person"
              value={person.id}
              choices={subject.persons.map(({ id, name }) => ({ id, label: name, icon: UserRound }))}
              onChange={(id) => chosen?.choosePerson(id)}
            />
          )}
          {byStudy && person.studies.length > 1 && (
            <Select
              label="Study"
              value={study.id}
              choices={person.studies.map(({ id, name }) => ({ id, label: name }))}
              onChange={(id) => chosen?.chooseStudy(id)}
            />
          )}
        </header>
        {children(subject)}
      </div>
    </div>
  )
}

function Nobody() {
  const { role } = useMe()
  return (
    <div className="page">
      <section className="panel">
        <Empty icon={UserRound} title={role === 'patient' ? 'No data of yours is here' : 'You stand in for nobody at the moment'}>
          {role === 'patient'
            ? 'You are in no study on this server, or you stopped the use of your data.'
            : 'Guardianship of a child ends on the day it comes of age. If this is wrong, ask the study team.'}
        </Empty>
      </section>
    </div>
  )
}
