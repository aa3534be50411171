import { CircleAlert } from 'lucide-react'
import type { FormEvent, ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { explain } from '../api/failure.js'
import { Button } from './Button.js'
import { Icon } from './Icon.js'

/** One question with its answer: the button repeats what it does, what went wrong stands beside it. */
export function FormDialog({
  title,
  lead,
  submit,
  look = 'primary',
  wide = false,
  ready,
  busy,
  error,
  onSubmit,
  onClose,
  children,
}: {
  title: string
  lead?: ReactNode
  submit: string
  look?: 'primary' | 'danger'
  wide?: boolean
  ready: boolean
  busy: boolean
  error?: unknown
  onSubmit(): void
  onClose(): void
  children?: ReactNode
}) {
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (ready && !busy) onSubmit()
  }
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={!busy} onOpenChange={(open) => !open && onClose()}>
      <Modal>
        <Dialog className={wide ? 'dialog wide' : 'dialog'}>
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          {lead && <p className="dialog-lead">{lead}</p>}
          <form className="dialog-form" onSubmit={send}>
            {children}
            {error !== undefined && error !== null && <Fault error={error} />}
            <div className="actions">
              <Button onPress={onClose} isDisabled={busy}>
                Cancel
              </Button>
              <Button type="submit" look={look} isDisabled={!ready || busy}>
                {submit}
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

/** Beside the question that it answers: what happened and why, in two lines. */
function Fault({ error }: { error: unknown }) {
  const { what, why, reference } = explain(error)
  return (
    <div role="alert" className="notice bad dialog-fault">
      <Icon of={CircleAlert} />
      <div>
        <p>
          <span className="medium">{what}.</span> {why}
        </p>
        {reference && <p className="mono">{reference}</p>}
      </div>
    </div>
  )
}

/** Something to be read and put away, such as a code that is shown once. */
export function NoteDialog({
  title,
  lead,
  done = 'Done',
  wide = false,
  onClose,
  children,
}: {
  title: string
  lead?: ReactNode
  done?: string
  wide?: boolean
  onClose(): void
  children: ReactNode
}) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable={false} isKeyboardDismissDisabled>
      <Modal>
        <Dialog className={wide ? 'dialog wide' : 'dialog'}>
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          {lead && <p className="dialog-lead">{lead}</p>}
          <div className="dialog-form">{children}</div>
          <div className="actions">
            <Button look="primary" onPress={onClose} autoFocus>
              {done}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
