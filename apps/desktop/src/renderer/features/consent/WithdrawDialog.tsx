import { useState, type FormEvent } from 'react'
import { Dialog, Heading, Modal, ModalOverlay, ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { StudyView, WithdrawalPreview } from '@aquifer/core/contract'
import { usePreview, useWithdraw } from '../../api/consent-queries.js'
import { Button } from '../../ui/Button.js'
import { count, span } from '../../ui/format.js'
import { Failure } from '../../ui/states.js'
import { actWords } from './acts.js'

/** Names the person, counts the effect, asks for reason and evidence; the button repeats what it does. */
export function WithdrawDialog({ study, onClose }: { study: StudyView; onClose(): void }) {
  const [subject, setSubject] = useState('')
  const [words, setWords] = useState({ reason: '', evidence: '' })
  const preview = usePreview(study.id)
  const withdraw = useWithdraw(study.id)
  const [found, setFound] = useState<WithdrawalPreview | null>(null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (found === null) preview.mutate({ subject: subject.trim() }, { onSuccess: setFound })
    else withdraw.mutate({ subject: found.subject, act: found.act, ...words }, { onSuccess: onClose })
  }
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={!withdraw.isPending} onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="withdraw-dialog">
          <Heading slot="title" className="panel-title">
            Record withdrawal
          </Heading>
          <form className="withdraw-form" onSubmit={submit}>
            <Field
              label="Subject number"
              value={subject}
              isDisabled={found !== null}
              onChange={setSubject}
              placeholder={`${study.id}-00012`}
            />
            {preview.error && <Failure error={preview.error} />}
            {found !== null && (
              <>
                <ActChoice preview={found} onChange={(act) => preview.mutate({ subject: found.subject, act }, { onSuccess: setFound })} />
                <Effect preview={found} />
                <Field label="Reason, as it is audited" value={words.reason} onChange={(reason) => setWords({ ...words, reason })} />
                <Field
                  label="Evidence, such as a letter"
                  value={words.evidence}
                  onChange={(evidence) => setWords({ ...words, evidence })}
                />
              </>
            )}
            {withdraw.error && <Failure error={withdraw.error} />}
            <div className="row end">
              <Button onPress={onClose}>Cancel</Button>
              {found === null ? (
                <Button type="submit" look="primary" isDisabled={subject.trim() === '' || preview.isPending}>
                  Show what it touches
                </Button>
              ) : (
                <Button type="submit" look="danger" isDisabled={words.reason === '' || words.evidence === '' || withdraw.isPending}>
                  Withdraw 1 person
                </Button>
              )}
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

/** Only what the kind of the study allows is offered. */
function ActChoice({ preview, onChange }: { preview: WithdrawalPreview; onChange(act: WithdrawalPreview['act']): void }) {
  if (preview.allowed.length < 2) return null
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="What the person asks for"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[preview.act]}
      onSelectionChange={(keys) => {
        const act = preview.allowed.find((each) => keys.has(each))
        if (act !== undefined) onChange(act)
      }}
    >
      {preview.allowed.map((act) => (
        <ToggleButton key={act} id={act} className="segment">
          {actNames[act]}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

const actNames: Record<WithdrawalPreview['act'], string> = { 'stop-new': 'Stop new data', 'stop-use': 'Stop use', erase: 'Erase' }

function Effect({ preview }: { preview: WithdrawalPreview }) {
  return (
    <div>
      <p>
        <strong>{preview.subject}</strong> · {actWords[preview.act]}
      </p>
      <table className="table">
        <tbody>
          {preview.stores.map(({ store, effect, counts }) => (
            <tr key={store}>
              <td className="medium">{store}</td>
              <td>{effect}</td>
              <td className="ink-2">
                {Object.entries(counts)
                  .filter(([, number]) => number > 0)
                  .map(([name, number]) => `${count(number)} ${name}`)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="sub">
        {preview.seenNoMoreWithinMs > 0 ? 'Nobody sees the person from the answer on. ' : ''}
        Every store is done in about {span(Math.max(1_000, preview.expectedMs))}. This cannot be undone.
      </p>
      {preview.kept.map((kept) => (
        <p key={kept} className="sub">
          Kept: {kept}
        </p>
      ))}
    </div>
  )
}

function Field(props: { label: string; value: string; isDisabled?: boolean; placeholder?: string; onChange(value: string): void }) {
  const { label, value, isDisabled, placeholder, onChange } = props
  return (
    <label className="withdraw-field">
      <span className="sub">{label}</span>
      <span className="field">
        <input
          value={value}
          maxLength={255}
          disabled={isDisabled}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      </span>
    </label>
  )
}
