import { Fingerprint, UserSearch } from 'lucide-react'
import { useState } from 'react'
import type { ReidentificationList, ReidentificationView, StudyView } from '@aquifer/core/contract'
import { useReidentifications } from '../../../api/masking-key-queries.js'
import { mayAskWho } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { Segments } from '../../../ui/fields.js'
import { lately, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { AnswerDialog } from './AnswerDialog.js'
import { AskDialog } from './AskDialog.js'
import { DecideDialog } from './DecideDialog.js'
import { isOpen, minutesLeft, standing, waitsFor, type Shown } from './requests.js'

/** Who stands behind one pseudonym: who asked and why, who decided, and the answer, once, to who asked. */
export function ReidentificationPart({ study }: { study: StudyView }) {
  const requests = useReidentifications(study.id)
  return (
    <LoadedPanel of={requests} rows={6}>
      {(list) => <Requests study={study} list={list} />}
    </LoadedPanel>
  )
}

// As many as the server tells unless it is asked for more.
const toldMax = 100

function Requests({ study, list: { requests } }: { study: StudyView; list: ReidentificationList }) {
  const me = useMe()
  const [shown, show] = useState<Shown>('all')
  const [asking, ask] = useState(false)
  const may = mayAskWho(me)
  const open = requests.filter(isOpen)
  const isWaiting = requests.some((each) => waitsFor(each, me) !== null)
  const listed = shown === 'all' ? requests : requests.filter((each) => isOpen(each) === (shown === 'open'))
  const button = (
    <Button icon={UserSearch} look={isWaiting ? 'default' : 'primary'} onPress={() => ask(true)}>
      Ask who it is
    </Button>
  )
  return (
    <>
      <Panel
        title="Who stands behind a pseudonym"
        note={
          <Segments
            label="Requests"
            value={shown}
            choices={[
              { id: 'all', label: 'All' },
              { id: 'open', label: `Open ${open.length}` },
              { id: 'past', label: 'Past' },
            ]}
            onChange={show}
          />
        }
        actions={may && requests.length > 0 && button}
      >
        {requests.length === 0 ? (
          <Empty icon={Fingerprint} title="Nobody has asked" actions={may && button}>
            One person asks about one pseudonym and says why, another decides, and who asked is told once, within a quarter of an hour.
          </Empty>
        ) : listed.length === 0 ? (
          <p className="version sub">{shown === 'open' ? 'No request is open.' : 'No request is past.'}</p>
        ) : (
          listed.map((request) => <Request key={request.id} request={request} />)
        )}
        {requests.length >= toldMax && <p className="version sub">The newest {toldMax}; older ones stand in the audit trail.</p>}
      </Panel>
      {asking && <AskDialog study={study} onClose={() => ask(false)} />}
    </>
  )
}

function Request({ request }: { request: ReidentificationView }) {
  const me = useMe()
  const now = useNow()
  const { kind, words } = standing(request)
  const waits = waitsFor(request, me)
  // The dialog outlives the state that opened it: an answer stays in sight until it is put away.
  const [opened, open] = useState<typeof waits>(null)
  return (
    <article className="version" aria-label={`Request of ${request.requestedBy}: ${request.reason}`}>
      <span className="version-number">
        <Icon of={Fingerprint} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row key-head">
          <span className="medium">{request.reason}</span>
          <Badge kind={kind}>{words}</Badge>
        </p>
        <p className="sub num">
          asked {lately(request.requestedAt, now)} by {request.requestedBy}
          {request.decidedAt !== null &&
            `, ${request.state === 'denied' ? 'denied' : 'approved'} ${lately(request.decidedAt, now)} by ${request.decidedBy}`}
          {request.note !== null && `: ${request.note}`}
        </p>
        {request.state === 'requested' && waits === null && (
          <p className="sub">{request.requestedBy === me.user ? 'Somebody else decides.' : 'A privacy officer decides.'}</p>
        )}
      </div>
      {waits === 'answer' && request.answerUntil !== null && (
        <span className="sub num">{plural(minutesLeft(request.answerUntil, now), 'minute')} left</span>
      )}
      {waits !== null && (
        <Button look="primary" onPress={() => open(waits)}>
          {waits === 'answer' ? 'See the answer' : 'Decide'}
        </Button>
      )}
      {opened === 'decision' && <DecideDialog request={request} onClose={() => open(null)} />}
      {opened === 'answer' && <AnswerDialog request={request} onClose={() => open(null)} />}
    </article>
  )
}
