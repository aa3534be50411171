import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { InvitationView } from '@aquifer/core/contract'
import { Button } from '../../ui/Button.js'
import { Failure } from '../../ui/states.js'
import { kindWords } from './invitation-words.js'

interface Props {
  row: InvitationView
  error: unknown
  busy: boolean
  onRevoke(): void
  onClose(): void
}

export function RevokeDialog({ row, error, busy, onRevoke, onClose }: Props) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={!busy} onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="dialog" role="alertdialog">
          <Heading slot="title" className="panel-title">
            Revoke the invitation of {row.subject ?? 'one person'}?
          </Heading>
          <p className="ink-2">
            The link that the {kindWords[row.kind].toLowerCase()} has is worth nothing from then on, and no letter goes out any more. The
            person may be invited again.
          </p>
          {error !== null && <Failure error={error} />}
          <div className="actions">
            <Button onPress={onClose}>Keep it</Button>
            <Button look="danger" isDisabled={busy} onPress={onRevoke}>
              Revoke 1 invitation
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
