import { ChevronDown, ChevronRight, ClipboardCheck, ListChecks } from 'lucide-react'
import { useState } from 'react'
import type { AccessReviewView } from '@aquifer/core/contract'
import { useDecide, useOpenReview, useReviews } from '../../../api/identity-queries.js'
import { mayRecertify, roleWords } from '../../../api/roles.js'
import { useMe, useStudy } from '../../../api/SessionProvider.js'
import { Badge } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { Segments, Select, TextField } from '../../../ui/fields.js'
import { day, lately } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'
import { HolderName, SightBadge } from './Holder.js'
import { sitesWords } from './words.js'

/** Each quarter a frozen list: for every row somebody else says whether it stays. */
export function RecertificationPanel() {
  const reviews = useReviews()
  const may = mayRecertify(useMe())
  const [beginning, begin] = useState(false)
  const [open, setOpen] = useState<string | null | undefined>(undefined)
  return (
    <Panel
      title="Recertification"
      note={<span className="sub">each quarter, row by row, by somebody else than the holder</span>}
      actions={
        may && (
          <Button icon={ListChecks} onPress={() => begin(true)}>
            Begin a recertification
          </Button>
        )
      }
    >
      <Loaded of={reviews} rows={3}>
        {(list) => {
          const shown = open === undefined ? list.find((each) => each.open > 0)?.id : open
          return list.length === 0 ? (
            <Empty icon={ClipboardCheck} title="No recertification yet">
              Beginning one freezes who can see a study today. It is due in 30 days, and each decision is kept in the trail.
            </Empty>
          ) : (
            list.map((review) => (
              <Review
                key={review.id}
                review={review}
                isOpen={review.id === shown}
                toggle={() => setOpen(review.id === shown ? null : review.id)}
              />
            ))
          )
        }}
      </Loaded>
      {beginning && <BeginDialog onClose={() => begin(false)} />}
    </Panel>
  )
}

const placeOf = ({ study, site }: AccessReviewView): string => [study ?? 'All studies', site].filter(Boolean).join(', ')

function Review({ review, isOpen, toggle }: { review: AccessReviewView; isOpen: boolean; toggle(): void }) {
  const now = useNow()
  const [which, show] = useState<'open' | 'all'>(review.open > 0 ? 'open' : 'all')
  const decided = review.items.length - review.open
  const late = review.open > 0 && Date.parse(review.dueAt) < now.getTime()
  const rows = review.items.filter(({ decision }) => which === 'all' || decision === null)
  return (
    <article className="review" aria-label={`Recertification of ${placeOf(review)}`}>
      <header className="review-head">
        <button type="button" className="review-toggle" aria-expanded={isOpen} onClick={toggle}>
          <Icon of={isOpen ? ChevronDown : ChevronRight} className="ink-3" />
          <span className="medium">{placeOf(review)}</span>
          <span className="sub">
            begun {day(review.madeAt)} by {review.madeBy}
          </span>
        </button>
        <span className="review-bar" role="img" aria-label={`${decided} of ${review.items.length} decided`}>
          <i style={{ width: `${review.items.length === 0 ? 100 : (decided / review.items.length) * 100}%` }} />
        </span>
        <span className="sub num">
          {decided} of {review.items.length}
        </span>
        {review.open === 0 ? (
          <Badge kind="active">Done</Badge>
        ) : (
          <Badge kind={late ? 'stale' : 'running'}>{late ? `Overdue since ${day(review.dueAt)}` : `Due ${day(review.dueAt)}`}</Badge>
        )}
      </header>
      {isOpen && (
        <div>
          <div className="filters">
            <Segments
              label="Rows"
              value={which}
              choices={[
                { id: 'open', label: `To decide ${review.open}` },
                { id: 'all', label: `All ${review.items.length}` },
              ]}
              onChange={show}
            />
          </div>
          {rows.length === 0 ? (
            <Empty icon={ClipboardCheck} title="Every row is decided" />
          ) : (
            <div className="wide-table">
              <table className="table">
                <thead>
                  <tr>
                    <th>Who</th>
                    <th>Role</th>
                    <th>Reaches</th>
                    <th>Sees</th>
                    <th>Last sign-in</th>
                    <th>Decision</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((item) => (
                    <Row key={item.holder} review={review.id} item={item} />
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </div>
      )}
    </article>
  )
}

function Row({ review, item }: { review: string; item: AccessReviewView['items'][number] }) {
  const now = useNow()
  const me = useMe()
  return (
    <tr>
      <td>
        <HolderName holder={item} />
      </td>
      <td>{roleWords(item.role)}</td>
      <td>{sitesWords(item)}</td>
      <td>
        <SightBadge holder={item} />
      </td>
      <td className="ink-2 num">
        {item.signedInAt === null ? (item.kind === 'person' ? 'never' : 'by its key') : lately(item.signedInAt, now)}
      </td>
      <td>
        {item.decision !== null ? (
          <span className="row">
            <Badge kind={item.decision === 'keep' ? 'active' : 'withdrawn'}>{item.decision === 'keep' ? 'Kept' : 'Ended'}</Badge>
            <span className="sub cut">
              {item.decidedAt && lately(item.decidedAt, now)} by {item.decidedBy}
              {item.note !== '' && `: ${item.note}`}
            </span>
          </span>
        ) : !mayRecertify(me) ? (
          <span className="sub">open</span>
        ) : item.holder === me.user ? (
          <span className="sub">You: somebody else decides</span>
        ) : (
          <Decide review={review} item={item} />
        )}
      </td>
    </tr>
  )
}

function Decide({ review, item }: { review: string; item: AccessReviewView['items'][number] }) {
  const decide = useDecide()
  const [note, setNote] = useState('')
  const [ending, end] = useState(false)
  const send = (decision: 'keep' | 'revoke') =>
    decide.mutate(
      { review, holder: item.holder, decision, ...(note.trim() === '' ? {} : { note: note.trim() }) },
      { onSuccess: () => end(false), onError: (error) => decision === 'keep' && tellFailure('The decision was not recorded', error) },
    )
  return (
    <span className="row">
      <span className="note-field">
        <TextField label={`Note on ${item.name}`} hidden placeholder="Note" value={note} onChange={setNote} />
      </span>
      <Button isDisabled={decide.isPending} aria-label={`Keep ${item.name}`} onPress={() => send('keep')}>
        Keep
      </Button>
      <Button look="danger" isDisabled={decide.isPending} aria-label={`End ${item.name}`} onPress={() => end(true)}>
        End
      </Button>
      {ending && (
        <FormDialog
          title={`End the access of ${item.name}`}
          lead="The study is taken away at once. Where nothing else is left, or a relationship would still lead there, the account is suspended."
          submit="End 1 access"
          look="danger"
          ready
          busy={decide.isPending}
          error={decide.error}
          onSubmit={() => send('revoke')}
          onClose={() => end(false)}
        >
          <TextField label="Note, kept with the decision" value={note} onChange={setNote} autoFocus />
        </FormDialog>
      )}
    </span>
  )
}

function BeginDialog({ onClose }: { onClose(): void }) {
  const { studies } = useMe()
  const current = useStudy()
  const open = useOpenReview()
  const [study, setStudy] = useState(current?.id ?? studies[0]?.id ?? '')
  const [site, setSite] = useState('')
  const sites = studies.find(({ id }) => id === study)?.sites ?? []
  return (
    <FormDialog
      title="Begin a recertification"
      lead="Freezes who can see it now, people and clients. Whoever comes later is not on this list."
      submit="Begin with today’s list"
      ready={study !== ''}
      busy={open.isPending}
      error={open.error}
      onSubmit={() => open.mutate({ study, site }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <div className="form-two">
        <Select
          label="Study"
          stacked
          value={study}
          choices={studies.map(({ id, name }) => ({ id, label: `${id}, ${name}` }))}
          onChange={(id) => {
            setStudy(id)
            setSite('')
          }}
        />
        <Select
          label="Site"
          stacked
          value={site}
          choices={[{ id: '', label: 'Every site' }, ...sites.map((id) => ({ id, label: id }))]}
          onChange={setSite}
        />
      </div>
    </FormDialog>
  )
}
