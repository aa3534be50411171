import { useState, type FormEvent } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { RevealedInvitation, StudyView } from '@aquifer/core/contract'
import { invitationKinds, type InvitationKind } from '@aquifer/core/registration'
import { useInvite } from '../../api/invitation-queries.js'
import { Button } from '../../ui/Button.js'
import { Select, TextField } from '../../ui/fields.js'
import { Failure } from '../../ui/states.js'
import { HandOver } from './HandOver.js'
import { kindWords, languageChoices } from './invitation-words.js'

interface Asked {
  kind: InvitationKind
  subject: string
  site: string | undefined
  email: string
  language: string
  days: string
  finding: string
}

const kindNotes: Readonly<Record<InvitationKind, string>> = {
  patient: 'Decides for himself, and gets an account of his own.',
  guardian:
    'Decides for a minor, or by a finding for an adult who cannot. Leave the subject number empty for somebody not in the study yet.',
  'third-party': 'Sees the data of somebody who takes part, and decides nothing.',
  'care-manager': 'Takes on the care of somebody who takes part.',
}

/** One invitation; what is asked follows who is invited. */
export function InviteDialog({ study, onClose }: { study: StudyView; onClose(): void }) {
  const invite = useInvite(study.id)
  const [sent, setSent] = useState<RevealedInvitation | null>(null)
  const [asked, setAsked] = useState<Asked>({
    kind: 'patient',
    subject: '',
    site: study.sites.length === 1 ? study.sites[0] : undefined,
    email: '',
    language: 'en',
    days: '30',
    finding: '',
  })
  const fault = faultIn(asked, study)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (fault === null && !invite.isPending) invite.mutate(bodyOf(asked), { onSuccess: setSent })
  }
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={!invite.isPending} onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="dialog invite-dialog">
          <Heading slot="title" className="panel-title">
            {sent === null ? 'Invite one person' : 'Invited'}
          </Heading>
          {sent !== null ? (
            <>
              <HandOver sent={sent} />
              <div className="actions">
                <Button look="primary" onPress={onClose}>
                  Done
                </Button>
              </div>
            </>
          ) : (
            <form onSubmit={submit} noValidate>
              <Fields study={study} asked={asked} change={(part) => setAsked({ ...asked, ...part })} />
              {invite.error && <Failure error={invite.error} />}
              <div className="actions">
                <Button onPress={onClose}>Cancel</Button>
                <Button type="submit" look="primary" isDisabled={fault !== null || invite.isPending}>
                  {fault ?? 'Invite 1 person'}
                </Button>
              </div>
            </form>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function Fields({ study, asked, change }: { study: StudyView; asked: Asked; change(part: Partial<Asked>): void }) {
  const { kind } = asked
  return (
    <div className="invite-fields">
      <div>
        <Select
          label="Who is invited"
          value={kind}
          choices={invitationKinds.map((id) => ({ id, label: kindWords[id] }))}
          onChange={(next: InvitationKind) => change({ kind: next })}
        />
        <p className="sub field-note">{kindNotes[kind]}</p>
      </div>
      {kind !== 'patient' && (
        <TextField
          label={kind === 'guardian' ? 'Subject number of the ward, if in the study' : 'Subject number'}
          value={asked.subject}
          onChange={(subject) => change({ subject })}
          placeholder={`${study.id}-00012`}
        />
      )}
      {kind === 'guardian' && (
        <TextField
          label="Finding of non-competence, for an adult"
          value={asked.finding}
          onChange={(finding) => change({ finding })}
          placeholder="court, file number"
        />
      )}
      {study.sites.length > 1 && asked.subject.trim() === '' && (
        <Select
          label="Site"
          value={asked.site}
          choices={study.sites.map((id) => ({ id, label: id }))}
          onChange={(site: string) => change({ site })}
        />
      )}
      <TextField
        label="Email"
        value={asked.email}
        onChange={(email) => change({ email })}
        autoComplete="off"
        note="Without one, or where no mail is set up, you hand the link over yourself."
      />
      <div className="invite-two">
        <Select label="Language" value={asked.language} choices={languageChoices()} onChange={(language: string) => change({ language })} />
        <TextField label="Days until it runs out" value={asked.days} onChange={(days) => change({ days })} />
      </div>
    </div>
  )
}

/** Why it cannot be sent yet, as the button says it. */
function faultIn({ kind, subject, site, email, days }: Asked, study: StudyView): string | null {
  const needsSubject = kind === 'third-party' || kind === 'care-manager'
  if (needsSubject && subject.trim() === '') return 'Subject number is missing'
  if (subject.trim() === '' && study.sites.length > 1 && site === undefined) return 'Choose a site'
  if (email.trim() !== '' && !/^\S+@\S+$/.test(email.trim())) return 'Email is no address'
  if (!/^\d{1,3}$/.test(days) || Number(days) < 1 || Number(days) > 180) return 'Days: 1 to 180'
  return null
}

function bodyOf({ kind, subject, site, email, language, days, finding }: Asked): Record<string, unknown> {
  const about = kind !== 'patient' && subject.trim() !== ''
  return {
    kind,
    language,
    days: Number(days),
    ...(about ? { subject: subject.trim() } : site === undefined ? {} : { site }),
    ...(email.trim() === '' ? {} : { email: email.trim() }),
    ...(kind === 'guardian' && finding.trim() !== '' ? { basis: 'non-competence', finding: finding.trim() } : {}),
  }
}
