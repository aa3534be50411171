import { useState } from 'react'
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useAcceptance } from '../../api/invitation-queries.js'
import { Button } from '../../ui/Button.js'
import { isOver, Refusal, useCorrelation } from './sending.js'
import type { Words } from './words.js'

/** Asked once more, since the link is of no use afterwards. */
export function DeclineButton({ code, words, done, over }: { code: string; words: Words; done(): void; over(error: unknown): void }) {
  const acceptance = useAcceptance()
  const correlationOf = useCorrelation()
  const [open, setOpen] = useState(false)
  const decline = () => {
    const body = { code, decision: 'decline' }
    acceptance.mutate(
      { body, correlation: correlationOf(body) },
      { onSuccess: done, onError: (error) => (isOver(error) ? over(error) : undefined) },
    )
  }
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button look="quiet" size="large">
        {words.decline}
      </Button>
      <ModalOverlay className="scrim" isDismissable>
        <Modal>
          <Dialog className="dialog" role="alertdialog">
            <Heading slot="title" className="panel-title">
              {words.declineTitle}
            </Heading>
            <p className="ink-2">{words.declineText}</p>
            <Refusal error={acceptance.error} words={words} />
            <div className="actions">
              <Button onPress={() => setOpen(false)}>{words.cancel}</Button>
              <Button look="danger" isDisabled={acceptance.isPending} onPress={decline}>
                {words.decline}
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  )
}
