import { mayReviewAccess } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { HoldersPanel } from './HoldersPanel.js'
import { RecertificationPanel } from './RecertificationPanel.js'

/** Who can see what today, and the list that is gone through each quarter. */
export function AccessPart() {
  return mayReviewAccess(useMe()) ? (
    <>
      <HoldersPanel />
      <RecertificationPanel />
    </>
  ) : null
}
