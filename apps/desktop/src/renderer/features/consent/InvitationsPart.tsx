import './invitations.css'
import type { StudyView } from '@aquifer/core/contract'
import { mayChangeStudy } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { InvitationsPanel } from './InvitationsPanel.js'
import { LettersPanel } from './LettersPanel.js'

export function InvitationsPart({ study }: { study: StudyView }) {
  const me = useMe()
  return (
    <>
      <InvitationsPanel study={study} />
      {mayChangeStudy(me) && <LettersPanel study={study} />}
    </>
  )
}
