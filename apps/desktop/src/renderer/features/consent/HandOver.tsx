import { Copy, Send } from 'lucide-react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { toast } from 'sonner'
import type { RevealedInvitation } from '@aquifer/core/contract'
import { Button } from '../../ui/Button.js'
import { day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'

/** Where a letter goes by hand, its link, which is told this once; else that it is on its way. */
export function HandOver({ sent }: { sent: RevealedInvitation }) {
  const { link } = sent
  if (link === null)
    return (
      <p className="row">
        <Icon of={Send} className="mark-ok" />
        <span>
          The letter to <strong className="mono">{sent.subject ?? 'the person'}</strong> is on its way. Its link goes to the person alone.
        </span>
      </p>
    )
  return (
    <>
      <p>
        Hand this link to <strong className="mono">{sent.subject ?? 'the person'}</strong> alone. It works once, until {day(sent.expiresAt)}
        , and is not shown again.
      </p>
      <div className="row hand-over">
        <span className="field grow">
          <input aria-label="Link of the invitation" readOnly value={link} onFocus={(event) => event.target.select()} />
        </span>
        <Button icon={Copy} onPress={() => void navigator.clipboard.writeText(link).then(() => toast('Link copied'))}>
          Copy
        </Button>
      </div>
    </>
  )
}

export function HandOverDialog({ sent, onClose }: { sent: RevealedInvitation; onClose(): void }) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className="dialog invite-dialog">
          <Heading slot="title" className="panel-title">
            Sent anew
          </Heading>
          <p className="sub">The link before is worth nothing any more.</p>
          <HandOver sent={sent} />
          <div className="actions">
            <Button look="primary" onPress={onClose}>
              Done
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
