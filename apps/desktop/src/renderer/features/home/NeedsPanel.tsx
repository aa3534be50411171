import { CircleCheck } from 'lucide-react'
import { useNavigate } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useRefusals } from '../../api/queries.js'
import { mayExpectFeeds } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { count, lately, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { causeWords, groupRefusals } from '../consent/refusals.js'
import { PrivacyNeedRows, usePrivacyNeeds } from './PrivacyNeeds.js'
import { SilentFeedRows, useSilentFeeds } from './SilentFeeds.js'

const most = 4

/** What only a person can settle: refused writes, told as the people's consent they are about, what privacy waits for, and silent feeds. */
export function NeedsPanel({ study }: { study: StudyView }) {
  const now = useNow()
  const refusals = useRefusals(study.id, null, 100)
  const navigate = useNavigate()
  const silent = useSilentFeeds(study.id, mayExpectFeeds(useMe()))
  const privacy = usePrivacyNeeds(study.id)
  const groups = groupRefusals(refusals.data?.rows ?? [])
  const waiting = groups.length + silent.length + privacy.length
  return (
    <Panel title="Needs you" note={waiting > 0 && <Tag>{waiting}</Tag>}>
      {refusals.data === undefined ? (
        refusals.error ? (
          <Failure error={refusals.error} retry={() => void refusals.refetch()} />
        ) : (
          <SkeletonRows rows={5} />
        )
      ) : waiting === 0 ? (
        <Empty icon={CircleCheck} title="Nothing waits for you">
          Writes without consent, silent feeds and what waits for a privacy officer would be listed here, with what to do about them.
        </Empty>
      ) : (
        <ul>
          <PrivacyNeedRows needs={privacy} />
          <SilentFeedRows feeds={silent} />
          {groups.slice(0, most).map((group, at) => {
            const words = causeWords[group.cause]
            return (
              <li key={group.key} className="needs-row">
                <span className={`needs-icon ${words.tone}`}>
                  <Icon of={words.icon} size={16} />
                </span>
                <div className="grow">
                  <p className="medium cut">{words.say(group)}</p>
                  <p className="sub">
                    {plural(group.count, 'resource')} refused{group.site !== null && ` at ${group.site}`}. {group.remedy}
                  </p>
                </div>
                <span className="small num ink-3">{lately(group.at, now)}</span>
                <Button
                  look={at === 0 && privacy.length === 0 ? 'primary' : 'default'}
                  onPress={() => void navigate(`${paths.consent}?cause=${group.cause}`)}
                >
                  Open
                </Button>
              </li>
            )
          })}
          {groups.length > most && (
            <li className="needs-more">
              <Button look="quiet" onPress={() => void navigate(paths.consent)}>
                All {count(groups.length)}
              </Button>
            </li>
          )}
        </ul>
      )}
    </Panel>
  )
}
