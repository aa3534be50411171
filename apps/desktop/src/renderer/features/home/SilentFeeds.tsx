import { RadioTower } from 'lucide-react'
import type { FeedView, StudyView } from '@aquifer/core/contract'
import { useFeeds } from '../../api/queries.js'
import { lately } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Tag } from '../../ui/Badge.js'
import { useNow } from '../../ui/use-now.js'

export function useSilentFeeds(study: string, enabled: boolean): FeedView[] {
  const feeds = useFeeds(study, enabled)
  return (feeds.data?.feeds ?? []).filter(({ silentSince }) => silentSince !== null)
}

/** Rows of a list: who should have sent and did not. */
export function SilentFeedRows({ feeds }: { feeds: readonly FeedView[] }) {
  const now = useNow()
  return feeds.map(({ sender, app, lastAt, within, silentSince }) => (
    <li key={`${sender} ${app ?? ''}`} className="needs-row">
      <span className="needs-icon bad">
        <Icon of={RadioTower} size={16} />
      </span>
      <div className="grow">
        <p className="medium cut">
          Nothing comes from {sender}
          {app !== null && ` (${app})`}
        </p>
        <p className="sub cut">
          Expected within {within ?? 'a time'}, {lastAt === null ? 'never heard of' : `last heard of ${lately(lastAt, now)}`}. Ask whoever
          runs it.
        </p>
      </div>
      {silentSince !== null && <span className="small num ink-3">{lately(silentSince, now)}</span>}
    </li>
  ))
}

/** For who runs feeds and settles nothing else here. */
export function SilentFeedsPanel({ study }: { study: StudyView }) {
  const feeds = useSilentFeeds(study.id, true)
  if (feeds.length === 0) return null
  return (
    <Panel title="Needs you" note={<Tag>{feeds.length}</Tag>}>
      <ul>
        <SilentFeedRows feeds={feeds} />
      </ul>
    </Panel>
  )
}
