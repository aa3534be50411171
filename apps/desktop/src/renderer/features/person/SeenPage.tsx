import './person.css'
import { EyeOff, ShieldCheck, UserRound } from 'lucide-react'
import { useState } from 'react'
import { Switch } from 'react-aria-components'
import { useDisclosures } from '../../api/person-queries.js'
import { roleWords } from '../../api/roles.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { clock, day, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { PersonPage } from './PersonProvider.js'
import { byDay, whatWords, type Disclosure } from './seen.js'

export default function SeenPage() {
  return (
    <PersonPage
      title={({ own, person }) => (own ? 'Who saw my data' : `Who saw the data of ${person.name}`)}
      lead={() =>
        'Everybody who opened it under a name, with the day and the reason given. The list is sealed: a line that is taken away is noticed.'
      }
    >
      {({ person }) => <Seen key={person.id} person={person.id} />}
    </PersonPage>
  )
}

function Seen({ person }: { person: string }) {
  const seen = useDisclosures(person)
  const [withOwn, showOwn] = useState(false)
  const { data } = seen
  if (data === undefined) {
    return (
      <section className="panel">
        {seen.error ? <Failure error={seen.error} retry={() => void seen.refetch()} /> : <SkeletonRows rows={6} />}
      </section>
    )
  }
  const disclosures = data.pages.flatMap((page) => page.disclosures)
  const days = byDay(disclosures, withOwn)
  const others = new Set(disclosures.filter(({ self }) => !self).map(({ who, role }) => `${who} ${role}`)).size
  return (
    <>
      <Panel
        title={others === 0 ? 'Nobody but you' : `${plural(others, 'person', 'people')} besides you`}
        actions={
          <Switch className="switch" isSelected={withOwn} onChange={showOwn}>
            <span className="switch-track" aria-hidden />
            Also when I looked myself
          </Switch>
        }
      >
        {days.length === 0 ? (
          <Empty icon={EyeOff} title="Nobody else has opened this data">
            As soon as somebody does, the name, the role and the reason stand here.
          </Empty>
        ) : (
          days.map(({ day: date, items }) => (
            <section key={date} aria-label={day(date)}>
              <h3 className="person-year">{day(date)}</h3>
              <ul>
                {items.map((item) => (
                  <Line key={`${item.first} ${item.who} ${item.what}`} item={item} />
                ))}
              </ul>
            </section>
          ))
        )}
        {seen.hasNextPage && (
          <div className="person-more">
            <Button isDisabled={seen.isFetchingNextPage} onPress={() => void seen.fetchNextPage()}>
              Show older
            </Button>
          </div>
        )}
      </Panel>
      <p className="row ink-2 person-foot">
        <Icon of={ShieldCheck} className="mark-ok" size={16} />
        Researchers work on a copy without names, birth dates and addresses. They do not appear here, because what they see does not say
        whose it is.
      </p>
    </>
  )
}

function Line({ item }: { item: Disclosure }) {
  const sameMinute = clock(item.first) === clock(item.last)
  return (
    <li className="seen-line">
      <span className="seen-face">
        <Icon of={UserRound} size={16} />
      </span>
      <div className="grow">
        <p>
          <span className="medium">{item.self ? 'You' : item.who}</span>
          {!item.self && <span className="ink-2"> · {roleWords(item.role)}</span>}
        </p>
        <p className="ink-2">{whatWords(item.what)}</p>
        <p className="sub">{item.reason === null ? (item.self ? '' : 'No reason was given.') : `Reason: ${item.reason}`}</p>
      </div>
      {item.study !== null && <Tag>{item.study}</Tag>}
      <div className="seen-when">
        <p className="num">{sameMinute ? clock(item.first) : `${clock(item.first)} to ${clock(item.last)}`}</p>
        <p className="sub">{item.times === 1 ? 'once' : plural(item.times, 'time')}</p>
      </div>
    </li>
  )
}
