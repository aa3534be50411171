import { CircleCheck, Download, FileUp, ShieldX } from 'lucide-react'
import { useState } from 'react'
import { Dialog, FileTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { RevealedInvitation, RosterPreview, StudyView } from '@aquifer/core/contract'
import { rosterColumns } from '@aquifer/core/registration'
import { useInviteList, useRosterPreview } from '../../api/invitation-queries.js'
import { Button } from '../../ui/Button.js'
import { count, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Failure } from '../../ui/states.js'
import { download } from '../notebook/csv.js'
import { languageName } from './invitation-words.js'

interface Chosen {
  name: string
  text: string
}
const bytesMax = 1024 * 1024

/** A list, looked through line by line before anybody is invited; while a line is wrong nobody is. */
export function InviteListDialog({ study, onClose }: { study: StudyView; onClose(): void }) {
  const preview = useRosterPreview(study.id)
  const invite = useInviteList(study.id)
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const [tooLarge, setTooLarge] = useState(false)
  const choose = async (files: FileList | null) => {
    const file = files?.[0]
    if (file === undefined) return
    setTooLarge(file.size > bytesMax)
    if (file.size > bytesMax) return
    const text = await file.text()
    setChosen({ name: file.name, text })
    invite.reset()
    preview.mutate(text)
  }
  const wrong = preview.data?.lines.filter(({ faults }) => faults.length > 0).length ?? 0
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={!invite.isPending} onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="dialog invite-dialog wide">
          <Heading slot="title" className="panel-title">
            {invite.data === undefined ? 'Invite a list' : 'Invited'}
          </Heading>
          {invite.data !== undefined ? (
            <Sent study={study} invitations={invite.data.invitations} />
          ) : (
            <>
              <p className="ink-2">
                A CSV file whose first line names the columns {rosterColumns.join(', ')}; all but email may be left out.
              </p>
              <div className="row">
                <FileTrigger acceptedFileTypes={['.csv', 'text/csv']} onSelect={(files) => void choose(files)}>
                  <Button icon={FileUp}>{chosen === null ? 'Choose file' : 'Choose another file'}</Button>
                </FileTrigger>
                {chosen !== null && <span className="mono cut">{chosen.name}</span>}
              </div>
              {tooLarge && <p role="alert">The file is larger than 1 MB.</p>}
              {preview.error && <Failure error={preview.error} />}
              {preview.data !== undefined && chosen !== null && <Lines preview={preview.data} chosen={chosen} wrong={wrong} />}
              {invite.error && <Failure error={invite.error} />}
            </>
          )}
          <div className="actions">
            {invite.data === undefined ? (
              <>
                <Button onPress={onClose}>Cancel</Button>
                <Button
                  look="primary"
                  isDisabled={chosen === null || preview.data === undefined || wrong > 0 || invite.isPending}
                  onPress={() => chosen !== null && invite.mutate(chosen.text)}
                >
                  {preview.data === undefined
                    ? 'Choose a file first'
                    : wrong > 0
                      ? `${plural(wrong, 'line')} to settle`
                      : `Invite ${plural(preview.data.people, 'person', 'people')}`}
                </Button>
              </>
            ) : (
              <Button look="primary" onPress={onClose}>
                Done
              </Button>
            )}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

const shownMax = 200

/** What stands in the file beside what is wrong with it; the server repeats no address, this page has the file. */
function Lines({ preview, chosen, wrong }: { preview: RosterPreview; chosen: Chosen; wrong: number }) {
  const texts = chosen.text.split(/\r\n|\n|\r/)
  // What has to be settled comes first.
  const sorted = preview.lines.toSorted((a, b) => Number(b.faults.length > 0) - Number(a.faults.length > 0) || a.line - b.line)
  return (
    <>
      <p role="status" className={`notice ${wrong > 0 ? 'bad' : 'info'} invite-notice`}>
        <Icon of={wrong > 0 ? ShieldX : CircleCheck} />
        {wrong > 0
          ? `${plural(wrong, 'line')} of ${count(preview.people)} cannot be taken. Correct the file and choose it again; until then nobody is invited.`
          : `All ${plural(preview.people, 'line')} can be taken.`}
      </p>
      <div className="invite-lines" tabIndex={0} role="region" aria-label="Lines of the list">
        <table className="table">
          <thead>
            <tr>
              <th className="n">Line</th>
              <th>In the file</th>
              <th>Language</th>
              <th>Site</th>
              <th>Outcome</th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shownMax).map(({ line, language, site, faults }) => (
              <tr key={line}>
                <td className="n">{line}</td>
                <td className="mono cut invite-text">{texts[line - 1] ?? ''}</td>
                <td>{faults.length > 0 ? '' : languageName(language)}</td>
                <td>{site ?? ''}</td>
                <td className={faults.length > 0 ? 'invite-fault' : 'ink-2'}>{faults.length > 0 ? faults.join('; ') : 'can be invited'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > shownMax && <p className="sub">The first {count(shownMax)} lines are shown, those to settle before the others.</p>}
    </>
  )
}

function Sent({ study, invitations }: { study: StudyView; invitations: readonly RevealedInvitation[] }) {
  const byHand = invitations.filter(({ link }) => link !== null)
  const save = () => {
    const lines = byHand.map(({ subject, link }) => `${subject ?? ''},${link ?? ''}`)
    download(`invitations-${study.id}.csv`, ['subject,link', ...lines, ''].join('\r\n'), 'text/csv;charset=utf-8')
  }
  return (
    <>
      <p>
        {plural(invitations.length, 'person is', 'people are')} invited and stand in the participant log.{' '}
        {byHand.length === 0 ? 'The letters are on their way.' : 'No way of delivery is set up: you hand the links over yourself.'}
      </p>
      {byHand.length > 0 && (
        <>
          <Button icon={Download} onPress={save}>
            Save {plural(byHand.length, 'link')} as CSV
          </Button>
          <p className="sub">They are not shown again. Whoever holds a link can decide in the person’s place.</p>
        </>
      )}
    </>
  )
}
